import { type Key, plainCopy } from './plain.js';

/**
 * A copy of `value` with secrets replaced, as JSON would say it; the original is not touched, cycles are cut. A pattern is
 * - a name, `password` or `*token*`: a field of that name at any depth;
 * - a path, `card.*.number`: these names one within the other, at any depth. Array positions match `*` or may be left out.
 * Case does not matter, and `*` within a name stands for any characters. A RegExp is tried on the field's name.
 */
export function redact<T>(value: T, patterns: readonly (string | RegExp)[], replacement = '[redacted]'): T {
  const matchers = patterns.map(matcherOf);
  return plainCopy(value, (path) => (matchers.some((matches) => matches(path)) ? replacement : undefined)) as T;
}

type Matcher = (path: readonly Key[]) => boolean;

function matcherOf(pattern: string | RegExp): Matcher {
  // search() keeps no position between calls, unlike test() with a global expression.
  if (pattern instanceof RegExp) return (path) => String(path.at(-1)).search(pattern) >= 0;
  const names = pattern.split('.').map(nameMatcher);
  return (path) => endsWith(path, path.length - 1, names, names.length - 1);
}

/** Whether the names up to `nameAt` match the path's keys up to `keyAt`, the last on the last. */
function endsWith(path: readonly Key[], keyAt: number, names: ((key: Key) => boolean)[], nameAt: number): boolean {
  if (nameAt < 0) return true;
  const key = path[keyAt];
  if (key === undefined) return false;
  if (names[nameAt]!(key) && endsWith(path, keyAt - 1, names, nameAt - 1)) return true;
  const isInside = nameAt < names.length - 1;
  return isInside && typeof key === 'number' && endsWith(path, keyAt - 1, names, nameAt);
}

function nameMatcher(pattern: string): (key: Key) => boolean {
  if (pattern === '*') return () => true;
  const source = pattern
    .split('*')
    .map((text) => text.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
    .join('.*');
  const expression = new RegExp(`^${source}$`, 'is');
  return (key) => expression.test(String(key));
}
