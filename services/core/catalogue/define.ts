import type { ActionDefinition, JsonSchema } from './action.js';

type Property = { readonly [keyword: string]: unknown };
type Members = Readonly<Record<string, Property>>;
type More = Partial<Pick<ActionDefinition, 'visible_to' | 'aliases'>>;

const dialect = 'https://json-schema.org/draft/2020-12/schema';

export const text = (description: string): Property => ({ type: 'string', description });
/** A time in RFC 3339. */
export const time = (description: string): Property => ({ type: 'string', format: 'date-time', description });
export const count = (description: string): Property => ({ type: 'integer', minimum: 0, description });
export const number = (description: string): Property => ({ type: 'number', description });
export const flag = (description: string): Property => ({ type: 'boolean', description });
export const oneOf = (symbols: readonly string[], description: string): Property => ({
  type: 'string',
  enum: symbols,
  description,
});
export const texts = (description: string): Property => ({ type: 'array', items: { type: 'string' }, description });
export const anything = (description: string): Property => ({ description });
export const object = (description: string): Property => ({ type: 'object', description });

/** Members that are there have these types; others may stand beside them, as every product knows more than the catalogue. */
const schemaOf = (members: Members): JsonSchema => ({ $schema: dialect, type: 'object', properties: members });

const define =
  (kind: ActionDefinition['kind']) =>
  (name: string, description: string, members: Members = {}, more: More = {}): ActionDefinition => ({
    name,
    kind,
    description,
    schema: schemaOf(members),
    visible_to: 'all',
    aliases: [],
    ...more,
  });

/** Something that happened. */
export const event = define('event');
/** Something that changed what its target is: `before` and `after` say how. */
export const stateful = define('stateful');

/** The same actions, for owners only. */
export const forOwners = (actions: readonly ActionDefinition[]): ActionDefinition[] =>
  actions.map((action) => ({ ...action, visible_to: 'owners' }));
