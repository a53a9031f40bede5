import { type Plain, plainCopy } from './plain.js';

/** What an event says of a change: only the fields that differ, and their paths. */
export interface Change {
  before: Plain;
  after: Plain;
  details: { changed: string[] };
}

/**
 * Reduces two states of a thing to what differs, as JSON would say it. Objects are compared field by field; an array that differs
 * anywhere stands as a whole. A field that one side lacks is missing there, which is not the same as null. A side that is null or
 * undefined (created, deleted) stays null and the other side whole.
 */
export function withChange(before: unknown, after: unknown): Change {
  const from = plainCopy(before) ?? null;
  const to = plainCopy(after) ?? null;
  const changed: string[] = [];
  if (isFields(from) && isFields(to)) {
    const [was, is] = differing(from, to, [], changed);
    return { before: was, after: is, details: { changed } };
  }
  collectChanged(from, to, changed);
  return { before: from, after: to, details: { changed } };
}

type Fields = { [key: string]: Plain };

const isFields = (value: Plain | undefined): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const own = (fields: Fields, key: string): Plain | undefined => (Object.hasOwn(fields, key) ? fields[key] : undefined);

function differing(from: Fields, to: Fields, path: string[], changed: string[]): [was: Fields, is: Fields] {
  const was: [string, Plain][] = [];
  const is: [string, Plain][] = [];
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const [left, right] = [own(from, key), own(to, key)];
    if (isFields(left) && isFields(right)) {
      const [innerWas, innerIs] = differing(left, right, [...path, key], changed);
      if (Object.keys(innerWas).length > 0 || Object.keys(innerIs).length > 0) {
        was.push([key, innerWas]);
        is.push([key, innerIs]);
      }
    } else if (!isSame(left, right)) {
      changed.push(pathText([...path, key]));
      if (left !== undefined) was.push([key, left]);
      if (right !== undefined) is.push([key, right]);
    }
  }
  return [Object.fromEntries(was), Object.fromEntries(is)];
}

/** The paths of a thing that came or went: its own fields, or '' for what has none. */
function collectChanged(from: Plain, to: Plain, changed: string[]): void {
  if (isSame(from, to)) return;
  const fields = [from, to].filter(isFields).flatMap(Object.keys);
  changed.push(...(fields.length > 0 ? fields.map((key) => pathText([key])) : ['']));
}

function isSame(left: Plain | undefined, right: Plain | undefined): boolean {
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, at) => isSame(item, right[at]));
  }
  if (isFields(left) && isFields(right)) {
    const keys = Object.keys(left);
    return (
      keys.length === Object.keys(right).length &&
      keys.every((key) => Object.hasOwn(right, key) && isSame(left[key], right[key]))
    );
  }
  return left === right;
}

/** `address.city`; a name with a dot in it stands in brackets. */
const pathText = (path: string[]): string =>
  path.map((key, at) => (key.includes('.') ? `[${JSON.stringify(key)}]` : at === 0 ? key : `.${key}`)).join('');
