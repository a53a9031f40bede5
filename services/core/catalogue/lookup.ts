import type { ActionDefinition } from './action.js';
import { catalogueActions } from './actions.js';

interface Index {
  /** By the action's own name, and by every alias that stands for it alone. */
  one: ReadonlyMap<string, ActionDefinition>;
  /** Every name to all names under which events of the actions it stands for may be stored. */
  expanded: ReadonlyMap<string, readonly string[]>;
  ownersOnly: ReadonlySet<string>;
}

function indexOf(actions: readonly ActionDefinition[]): Index {
  const listing = new Map<string, ActionDefinition[]>();
  for (const action of actions) {
    for (const alias of action.aliases) listing.set(alias, [...(listing.get(alias) ?? []), action]);
  }
  const ownAliases = ({ aliases }: ActionDefinition): string[] =>
    aliases.filter((alias) => listing.get(alias)!.length === 1);
  const namesOf = (action: ActionDefinition): string[] => [action.name, ...ownAliases(action)];

  const one = new Map(actions.flatMap((action) => namesOf(action).map((name) => [name, action] as const)));
  const expanded = new Map<string, readonly string[]>();
  for (const action of actions) for (const name of namesOf(action)) expanded.set(name, namesOf(action));
  for (const [alias, standsFor] of listing) {
    if (standsFor.length > 1) expanded.set(alias, [...standsFor.flatMap(namesOf), alias]);
  }
  const ownersOnly = actions.filter(({ visible_to }) => visible_to === 'owners').flatMap(namesOf);
  return { one, expanded, ownersOnly: new Set(ownersOnly) };
}

const index = indexOf(catalogueActions);

/** The action that a name means, its own or an alias that stands for it alone; in the case in which events have it: lower. */
export const findAction = (name: string): ActionDefinition | undefined => index.one.get(name);

/**
 * All names under which events of an action may be stored, given any name it goes by: itself, its aliases, and where the name stands for
 * several actions all of theirs. `login` gives auth.login, auth.login_failed and what else they are called. In any case; undefined for
 * a name that is not in the catalogue.
 */
export const expandAction = (name: string): readonly string[] | undefined => index.expanded.get(name.toLowerCase());

/** Every name under which events may be stored that only an organization's owners may see. */
export const ownersOnlyActions: ReadonlySet<string> = index.ownersOnly;
