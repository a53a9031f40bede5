import { randomUUID } from 'node:crypto';
import type { ViewState } from '../../core/views/vocabulary.js';
import { type Caller, checkPermission, may } from '../auth/caller.js';
import { Problem } from '../errors.js';
import type { Persons } from './person.js';
import type { StoredView, ViewTable } from './view-table.js';

/** Who asks, and which organizations' events the request is about. */
export interface Asking {
  caller: Caller;
  organizations: '*' | readonly string[];
}

/** What a view is to be. */
export interface ViewDraft {
  name: string;
  state: ViewState;
  /** With whom it is shared; '' with nobody. */
  organizationId: string;
}

export interface SeenView extends StoredView {
  mine: boolean;
  mayChange: boolean;
}

/**
 * Saved views. One's own are one's own alone until they are shared with an organization: then everybody who may read its events sees them,
 * and the owner and those who manage it (`manage:keys`) change them. Of other organizations' views nothing is seen.
 */
export interface Views {
  list(asking: Asking): Promise<{ views: SeenView[]; complete: boolean }>;
  create(draft: ViewDraft, asking: Asking): Promise<SeenView>;
  /** Throws conflict where the view is no longer of the version that was given. */
  replace(
    id: string,
    draft: ViewDraft & { version: number | undefined },
    asking: Asking,
  ): Promise<{ before: StoredView; after: SeenView }>;
  remove(id: string, asking: Asking): Promise<SeenView>;
}

export const viewLimits = { ofOwner: 200, ofOrganization: 200, inAll: 50_000, listed: 1_000 };

export function createViews({
  table,
  persons,
  limits = viewLimits,
  now = Date.now,
}: {
  table: ViewTable;
  persons: Persons;
  limits?: typeof viewLimits;
  now?: () => number;
}): Views {
  const seenBy =
    ({ caller, organizations }: Asking, ownerId: string) =>
    (view: StoredView): SeenView | undefined => {
      const mine = view.ownerId === ownerId;
      const isIn = organizations === '*' || organizations.includes(view.organizationId);
      const reads = view.organizationId !== '' && isIn && may(caller, 'view:audit_logs');
      if (view.organizationId === '' ? !mine : !reads) return undefined;
      return { ...view, mine, mayChange: mine || may(caller, 'manage:keys') };
    };
  const find = async (id: string, asking: Asking, ownerId: string): Promise<SeenView> => {
    const found = await table.find(id);
    const seen = found && seenBy(asking, ownerId)(found);
    if (!seen) throw new Problem('not-found', `no view ${JSON.stringify(id)} is to be seen`);
    if (!seen.mayChange) checkPermission(asking.caller, 'manage:keys');
    return seen;
  };
  const checkShared = ({ organizationId }: ViewDraft, { caller, organizations }: Asking): void => {
    const refuse = (detail: string): Problem =>
      new Problem('forbidden', `/organization_id ${detail}`, { errors: [{ pointer: '/organization_id', detail }] });
    if (organizations !== '*' && !organizations.includes(organizationId)) {
      throw refuse('is not among the organizations of the request');
    }
    if (caller.kind === 'auditor') throw refuse('cannot be given by an auditor, who only reads');
    checkPermission(caller, 'view:audit_logs');
  };
  const checkRoom = async (view: StoredView, { isNew, isShared }: { isNew: boolean; isShared: boolean }) => {
    const { ofOwner, ofOrganization, inAll, namesake } = await table.counts(view);
    const tooMany = (count: number, whose: string): Problem =>
      new Problem('conflict', `there are ${count} saved views ${whose}, which is as many as there may be`);
    if (namesake) {
      const detail = `is the name of another view of ${view.ownerName}`;
      throw new Problem('conflict', `/name ${JSON.stringify(view.name)} ${detail}`, {
        errors: [{ pointer: '/name', detail }],
      });
    }
    if (isNew && ofOwner >= limits.ofOwner) throw tooMany(ofOwner, `of ${view.ownerName}`);
    if (isNew && inAll >= limits.inAll) throw tooMany(inAll, 'in all');
    if (isShared && ofOrganization >= limits.ofOrganization) {
      throw tooMany(ofOrganization, `shared with ${view.organizationId}`);
    }
  };

  return {
    async list(asking) {
      const ownerId = await persons.of(asking.caller);
      const { organizations } = asking;
      const reads = may(asking.caller, 'view:audit_logs');
      const found = await table.list({ ownerId, organizations: reads ? organizations : [] }, limits.listed + 1);
      return {
        views: found.slice(0, limits.listed).flatMap((view) => seenBy(asking, ownerId)(view) ?? []),
        complete: found.length <= limits.listed,
      };
    },
    async create(draft, asking) {
      const { caller } = asking;
      const isShared = draft.organizationId !== '';
      if (isShared) checkShared(draft, asking);
      const nowMs = now();
      const view: StoredView = {
        id: randomUUID(),
        version: nowMs * 1_000,
        ownerId: await persons.of(caller),
        ownerName: caller.name,
        ...draft,
        createdAtMs: nowMs,
        changedAtMs: nowMs,
        changedBy: caller.keyId,
      };
      await checkRoom(view, { isNew: true, isShared });
      await table.put(view);
      return { ...view, mine: true, mayChange: true };
    },
    async replace(id, { version, ...draft }, asking) {
      const { caller } = asking;
      const before = await find(id, asking, await persons.of(caller));
      const moves = draft.organizationId !== before.organizationId;
      if (moves && draft.organizationId !== '') {
        if (!before.mine)
          throw new Problem('forbidden', 'a view is shared with another organization by its owner only');
        checkShared(draft, asking);
      }
      if (version !== undefined && version !== before.version) {
        throw new Problem('conflict', `the view is of version ${before.version}: somebody has changed it since`);
      }
      const { mine, mayChange, ...stored } = before;
      const nowMs = now();
      const after: StoredView = {
        ...stored,
        ...draft,
        version: Math.max(before.version + 1, nowMs * 1_000),
        changedAtMs: nowMs,
        changedBy: caller.keyId,
      };
      await checkRoom(after, { isNew: false, isShared: moves && draft.organizationId !== '' });
      await table.put(after);
      return { before: stored, after: { ...after, mine, mayChange } };
    },
    async remove(id, asking) {
      const { caller } = asking;
      const view = await find(id, asking, await persons.of(caller));
      const { mine, mayChange, ...stored } = view;
      const nowMs = now();
      const version = Math.max(view.version + 1, nowMs * 1_000);
      await table.remove({ ...stored, version, changedAtMs: nowMs, changedBy: caller.keyId });
      return view;
    },
  };
}
