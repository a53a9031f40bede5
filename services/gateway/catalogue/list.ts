import {
  type ActionDefinition,
  catalogueActions,
  categoryOf,
  findAction,
  type JsonSchema,
  type Visibility,
} from '../../core/catalogue/index.js';
import type { OwnDefinition } from './definition-table.js';
import type { Seen } from './seen.js';

/** An action as answers show it. */
export interface ActionAnswer {
  name: string;
  category: string;
  /** Null of an action that nobody described. */
  kind: ActionDefinition['kind'] | null;
  description: string | null;
  schema: JsonSchema | null;
  visible_to: Visibility;
  aliases: string[];
  known: boolean;
  /** Who says what it is: the catalogue, or the organization that defined it; nobody where it was only seen. */
  source: 'catalogue' | 'organization' | 'events';
  organization_id?: string;
  /** In the tenant's events of the time that was asked for; null where it was not, or where nobody looked. */
  seen: Seen | null;
}

export interface ActionFilter {
  /** Words, each of which is in the name, the description or an alias. */
  words: readonly string[];
  categories: readonly string[] | undefined;
  kinds: readonly string[] | undefined;
  visibleTo: readonly Visibility[] | undefined;
  known: boolean | undefined;
}

/**
 * The catalogue, what organizations defined (in place of the catalogue's action of that name where only one organization is asked
 * about), and what was seen that neither knows; in the order of their names.
 */
export function listActions({
  own,
  isOneOrganization,
  seen,
  filter,
}: {
  own: readonly OwnDefinition[];
  isOneOrganization: boolean;
  seen: ReadonlyMap<string, Seen>;
  filter: ActionFilter;
}): ActionAnswer[] {
  const redefined = new Set(isOneOrganization ? own.map(({ name }) => name) : []);
  const described = [
    ...catalogueActions.filter(({ name }) => !redefined.has(name)).map((action) => answerOf(action, seen)),
    ...own.map((action) => ({ ...answerOf(action, seen), ...ofOrganization(action) })),
  ];
  const names = new Set(described.map(({ name }) => name));
  const unknown = [...seen.keys()].filter((name) => !names.has(name) && !findAction(name));
  return [...described, ...unknown.map((name) => unknownAnswer(name, seen.get(name)!))]
    .filter((action) => fits(action, filter))
    .sort((a, b) => compare(a.name, b.name) || compare(a.organization_id ?? '', b.organization_id ?? ''));
}

/** One action by any name it goes by; undefined where nobody described it and it was not seen. */
export function describeAction(
  name: string,
  own: OwnDefinition | undefined,
  seen: ReadonlyMap<string, Seen>,
): ActionAnswer | undefined {
  if (own) return { ...answerOf(own, seen), ...ofOrganization(own) };
  const action = findAction(name);
  if (action) return answerOf(action, seen);
  const counted = seen.get(name);
  return counted && unknownAnswer(name, counted);
}

function answerOf(action: ActionDefinition, seen: ReadonlyMap<string, Seen>): ActionAnswer {
  const { name, kind, description, schema, visible_to, aliases } = action;
  const names = [name, ...aliases.filter((alias) => findAction(alias) === action)];
  return {
    name,
    category: categoryOf(name),
    kind,
    description,
    schema,
    visible_to,
    aliases: [...aliases],
    known: true,
    source: 'catalogue',
    seen: together(names.flatMap((one) => seen.get(one) ?? [])),
  };
}

const ofOrganization = ({ organization }: OwnDefinition) => ({
  source: 'organization' as const,
  organization_id: organization,
});

const unknownAnswer = (name: string, counted: Seen): ActionAnswer => ({
  name,
  category: categoryOf(name),
  kind: null,
  description: null,
  schema: null,
  visible_to: 'all',
  aliases: [],
  known: false,
  source: 'events',
  seen: counted,
});

/** An action's events under all of its names. */
function together(parts: readonly Seen[]): Seen | null {
  if (parts.length === 0) return null;
  const times = parts.flatMap(({ first_at, last_at }) => [first_at, last_at]).sort();
  return {
    events: parts.reduce((sum, { events }) => sum + events, 0),
    first_at: times[0]!,
    last_at: times.at(-1)!,
  };
}

function fits(action: ActionAnswer, { words, categories, kinds, visibleTo, known }: ActionFilter): boolean {
  const text = [action.name, action.description ?? '', ...action.aliases].join('\n').toLowerCase();
  return (
    words.every((word) => text.includes(word)) &&
    (categories?.includes(action.category) ?? true) &&
    (kinds?.includes(action.kind ?? '') ?? true) &&
    (visibleTo?.includes(action.visible_to) ?? true) &&
    (known === undefined || action.known === known)
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
