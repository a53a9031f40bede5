export type Key = string | number;
export type Plain = null | boolean | number | string | bigint | Plain[] | { [key: string]: Plain };

/** Stands in a copy where the original leads back to one of its own containers. */
export const circular = '[circular]';

/** Says what stands in the copy in place of the value at a path; undefined to copy it. */
type Replace = (path: readonly Key[]) => string | undefined;

/**
 * A copy of what JSON would say of a value: `toJSON` asked, own enumerable fields only, fields without a JSON value left out, cycles cut.
 * The original is not touched.
 */
export function plainCopy(value: unknown, replace: Replace = () => undefined): Plain | undefined {
  return copy(value, '', { path: [], containers: new Set(), replace });
}

interface Walk {
  path: Key[];
  containers: Set<object>;
  replace: Replace;
}

function copy(original: unknown, key: string, walk: Walk): Plain | undefined {
  const value = hasToJson(original) ? original.toJSON(key) : original;
  if (value === undefined || typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (value === null || typeof value !== 'object') return value as Plain;
  if (walk.containers.has(value)) return circular;
  walk.containers.add(value);
  const copied = Array.isArray(value)
    ? value.map((item, at) => copyField(item, at, walk) ?? null)
    : Object.fromEntries(
        Object.entries(value)
          .map(([name, field]) => [name, copyField(field, name, walk)] as const)
          .filter((entry): entry is [string, Plain] => entry[1] !== undefined),
      );
  walk.containers.delete(value);
  return copied;
}

function copyField(value: unknown, key: Key, walk: Walk): Plain | undefined {
  walk.path.push(key);
  const copied = value === undefined ? undefined : (walk.replace(walk.path) ?? copy(value, String(key), walk));
  walk.path.pop();
  return copied;
}

const hasToJson = (value: unknown): value is { toJSON(key: string): unknown } =>
  typeof value === 'object' && value !== null && typeof (value as { toJSON?: unknown }).toJSON === 'function';
