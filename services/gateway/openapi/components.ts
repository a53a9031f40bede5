/** A value of JSON. */
type Json = null | boolean | number | string | Json[] | JsonObject;
interface JsonObject {
  [name: string]: Json;
}

interface Described {
  openapiObject?: JsonObject;
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isTitledSchema = (value: JsonObject): value is JsonObject & { title: string } =>
  typeof value.title === 'string' && (value.type !== undefined || value.anyOf !== undefined);
const methods = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options'];

/**
 * Schemas that have a title stand once, under components, and are referred to from everywhere else; and what every answer of a route
 * carries is said of each. `others` are paths that no route is at. Throws where two different schemas have the same title.
 */
export function shareComponents({ openapiObject = {} }: Described, others: object): JsonObject {
  const document = structuredCloneOf(openapiObject);
  const schemas: JsonObject = {};

  const shared = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(shared);
    if (!isObject(value)) return value;
    const inner: JsonObject = Object.fromEntries(
      Object.entries(value).map(([name, part]) => [name, name === 'pattern' ? portable(part) : shared(part)]),
    );
    if (!isTitledSchema(inner)) return inner;
    const { title } = inner;
    const known = schemas[title];
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(inner)) {
      throw new Error(`two different schemas have the title ${title}`);
    }
    schemas[title] = inner;
    return { $ref: `#/components/schemas/${title}` };
  };

  const paths = shared(document.paths ?? {}) as JsonObject;
  for (const operation of operationsOf(paths)) sayOfEveryAnswer(operation);
  const components = document.components as JsonObject;
  const allPaths = { ...paths, ...structuredCloneOf(others) };
  return { ...document, paths: allPaths, components: { ...components, schemas: sorted(schemas) } };
}

/** Elsewhere texts hold no lone surrogates, and regular expressions that name them are refused. */
const portable = (pattern: Json): Json =>
  typeof pattern === 'string' ? pattern.replaceAll('\\ud800-\\udfff', '') : pattern;

/** Without what JSON has no form for, such as the symbols of TypeBox. */
const structuredCloneOf = (value: object): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;

export const operationsOf = (paths: JsonObject): JsonObject[] =>
  Object.values(paths).flatMap((path) =>
    isObject(path) ? methods.flatMap((method) => (isObject(path[method]) ? [path[method] as JsonObject] : [])) : [],
  );

function sayOfEveryAnswer({ responses }: JsonObject): void {
  if (!isObject(responses)) return;
  for (const [status, answer] of Object.entries(responses)) {
    if (!isObject(answer)) continue;
    answer.headers = {
      ...(answer.headers as JsonObject | undefined),
      'X-Request-Id': { $ref: '#/components/headers/RequestId' },
      ...(status === '429' || status === '503' ? { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } } : {}),
    };
  }
}

const sorted = (value: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
