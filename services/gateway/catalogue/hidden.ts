import { ownersOnlyActions } from '../../core/catalogue/index.js';
import { type Caller, may } from '../auth/caller.js';

/** Actions whose events somebody may not see. */
export interface HiddenActions {
  /** In every organization. */
  readonly everywhere: ReadonlySet<string>;
  /** By organization, those that it defined as its owners' only. May change while it is held: what is asked counts when it is asked. */
  readonly of: ReadonlyMap<string, ReadonlySet<string>>;
}

const none: ReadonlyMap<string, ReadonlySet<string>> = new Map();

export const nothingHidden: HiddenActions = { everywhere: new Set(), of: none };

/** What is hidden from whoever is no owner, as far as the catalogue alone says. */
export const hiddenByCatalogue: HiddenActions = { everywhere: ownersOnlyActions, of: none };

/** Who counts as an owner of the organizations that a credential speaks for. */
export const isOwner = (caller: Pick<Caller, 'permissions'>): boolean => may(caller, 'view:owner_events');

/** What a caller may not see. `own` is what organizations defined themselves. */
export const hiddenActions = (caller: Pick<Caller, 'permissions'>, own: HiddenActions['of'] = none): HiddenActions =>
  isOwner(caller) ? nothingHidden : { everywhere: ownersOnlyActions, of: own };

/** The same, of a caller as it came through the door. */
export const hiddenFrom = (caller: Caller): HiddenActions => caller.hidden ?? hiddenActions(caller);

export const isHidden = ({ everywhere, of }: HiddenActions, organization: string, action: string): boolean =>
  everywhere.has(action) || (of.get(organization)?.has(action) ?? false);
