import type { JsonSchema } from './action.js';

/**
 * What a schema of details may be. Schemas come from organizations and are run on every event, so each must take time that grows with
 * the details and no faster: no regular expressions, no comparing of all items with all, no references that multiply or go in circles.
 */
export const schemaLimits = {
  /** Of its JSON text, in UTF-8. */
  bytes: 8_192,
  /** Schemas within schemas. */
  depth: 16,
  /** Schemas in all, each reference counted as what it refers to. */
  nodes: 256,
};

/** A schema that cannot be taken. `pointer` is a JSON Pointer (RFC 6901) into it. */
export class SchemaFault extends Error {
  readonly pointer: string;
  constructor(pointer: string, message: string) {
    super(message);
    this.name = 'SchemaFault';
    this.pointer = pointer;
  }
}

const dialect = 'https://json-schema.org/draft/2020-12/schema';

/** How a keyword's value holds other schemas. */
type Holding = 'none' | 'one' | 'list' | 'map';

const keywords = new Map<string, Holding>([
  ...[
    ...['$schema', '$comment', 'title', 'description', 'default', 'examples', 'deprecated', 'readOnly', 'writeOnly'],
    ...['format', 'contentEncoding', 'contentMediaType', 'type', 'enum', 'const', '$ref'],
    ...['multipleOf', 'maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum', 'maxLength', 'minLength'],
    ...['maxItems', 'minItems', 'maxContains', 'minContains', 'maxProperties', 'minProperties'],
    ...['required', 'dependentRequired'],
  ].map((keyword) => [keyword, 'none'] as const),
  ...['items', 'contains', 'additionalProperties', 'propertyNames', 'not', 'if', 'then', 'else'].map(
    (keyword) => [keyword, 'one'] as const,
  ),
  ...['unevaluatedItems', 'unevaluatedProperties'].map((keyword) => [keyword, 'one'] as const),
  ...['prefixItems', 'allOf', 'anyOf', 'oneOf'].map((keyword) => [keyword, 'list'] as const),
  ...['properties', 'dependentSchemas', '$defs'].map((keyword) => [keyword, 'map'] as const),
]);

const refused = new Map([
  ['pattern', 'regular expressions are not run on events; list values with enum, or bound lengths'],
  ['patternProperties', 'regular expressions are not run on events; name the properties'],
  ['uniqueItems', 'comparing all items with each other is not done on events'],
  ...['$id', '$anchor', '$dynamicAnchor', '$dynamicRef', '$vocabulary'].map(
    (keyword) => [keyword, 'a schema refers to its own $defs only'] as const,
  ),
]);

/** The schema where it keeps the limits above; whether its keywords have fit values is for the validator to say. Throws a SchemaFault. */
export function readDetailsSchema(value: unknown): JsonSchema {
  if (!isSchema(value)) throw new SchemaFault('', 'must be a JSON Schema: an object, true or false');
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes > schemaLimits.bytes) throw new SchemaFault('', `has ${bytes} bytes, at most ${schemaLimits.bytes}`);
  const root = value;
  let nodes = 0;

  /** `within`: the definitions being looked into, so that a circle is seen. */
  const walk = (schema: unknown, pointer: string, depth: number, within: readonly string[]): void => {
    if (!isSchema(schema)) throw new SchemaFault(pointer, 'must be a JSON Schema: an object, true or false');
    nodes += 1;
    if (nodes > schemaLimits.nodes) {
      throw new SchemaFault(pointer, `is one schema too many: at most ${schemaLimits.nodes}, each reference counted`);
    }
    if (depth > schemaLimits.depth)
      throw new SchemaFault(pointer, `is nested deeper than ${schemaLimits.depth} levels`);
    if (typeof schema === 'boolean') return;
    for (const [keyword, given] of Object.entries(schema)) {
      const at = `${pointer}/${escapePointer(keyword)}`;
      checkKeyword(keyword, given, at);
      const holding = keywords.get(keyword)!;
      if (holding === 'one') walk(given, at, depth + 1, within);
      else if (holding !== 'none' && keyword !== '$defs') {
        for (const [name, inner] of membersOf(given, holding, at)) {
          walk(inner, `${at}/${escapePointer(name)}`, depth + 1, within);
        }
      }
    }
    if (schema.$ref !== undefined) follow(schema.$ref, `${pointer}/$ref`, depth, within);
  };

  const follow = (reference: unknown, pointer: string, depth: number, within: readonly string[]): void => {
    const name = typeof reference === 'string' ? /^#\/\$defs\/([A-Za-z0-9_.-]+)$/.exec(reference)?.[1] : undefined;
    if (name === undefined) throw new SchemaFault(pointer, 'must be "#/$defs/NAME", NAME of letters, digits, _ . -');
    const definitions = typeof root === 'object' ? root.$defs : undefined;
    const definition = isObject(definitions) && Object.hasOwn(definitions, name) ? definitions[name] : undefined;
    if (definition === undefined) throw new SchemaFault(pointer, `refers to ${reference}, which is not there`);
    if (within.includes(name)) throw new SchemaFault(pointer, `goes in a circle through ${reference}`);
    walk(definition, `/$defs/${name}`, depth + 1, [...within, name]);
  };

  walk(root, '', 0, []);
  if (typeof root === 'object' && root.$defs !== undefined) {
    for (const [name, inner] of membersOf(root.$defs, 'map', '/$defs')) {
      walk(inner, `/$defs/${escapePointer(name)}`, 1, [name]);
    }
  }
  return root;
}

function checkKeyword(keyword: string, given: unknown, pointer: string): void {
  const why = refused.get(keyword);
  if (why !== undefined) throw new SchemaFault(pointer, why);
  if (!keywords.has(keyword)) throw new SchemaFault(pointer, 'is no keyword of JSON Schema draft 2020-12');
  if (keyword === '$schema' && given !== dialect) throw new SchemaFault(pointer, `must be ${dialect}`);
  if (keyword === '$defs' && pointer !== '/$defs')
    throw new SchemaFault(pointer, 'may be at the top of the schema only');
}

function membersOf(given: unknown, holding: 'list' | 'map', pointer: string): [string, unknown][] {
  const fits = holding === 'list' ? Array.isArray(given) : isObject(given);
  if (!fits) throw new SchemaFault(pointer, `must be ${holding === 'list' ? 'a list' : 'an object'} of schemas`);
  return Object.entries(given as object);
}

const isObject = (value: unknown): value is { [keyword: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isSchema = (value: unknown): value is JsonSchema => typeof value === 'boolean' || isObject(value);

/** RFC 6901 §3. */
const escapePointer = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');
