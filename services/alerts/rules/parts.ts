import type { Entry, MapPart, Part, ScalarPart } from './document.js';
import { Refused } from './fault.js';

/** What a part is called in a message. */
export const kindOf = (part: Part): string =>
  part.kind !== 'scalar' ? `a ${part.kind}` : part.value === null ? 'nothing' : `a ${typeOf(part.value)}`;

const typeOf = (value: string | number | boolean): string =>
  typeof value === 'string' ? 'text' : typeof value === 'number' ? 'number' : 'truth value';

export const isText = (part: Part): part is ScalarPart & { value: string } =>
  part.kind === 'scalar' && typeof part.value === 'string';

export const isNothing = (part: Part): boolean => part.kind === 'scalar' && part.value === null;

export function mapOf(part: Part, name: string): MapPart {
  if (part.kind === 'map') return part;
  throw new Refused('invalid', `${name} has to be a map, not ${kindOf(part)}`, part);
}

export const find = (map: MapPart, key: string): Entry | undefined => map.entries.find((entry) => entry.key === key);

/** The entry's value, absent also where nothing follows the key. */
export function given(map: MapPart, key: string): Part | undefined {
  const entry = find(map, key);
  return entry && !isNothing(entry.value) ? entry.value : undefined;
}

export function needed(map: MapPart, key: string, where = ''): Part {
  const value = given(map, key);
  if (value) return value;
  throw new Refused('missing', `${where}${key} is missing`, find(map, key) ?? map);
}

/** Text, or a number as written. */
export function textOf(part: Part, name: string, maxLength = 65_535): string {
  if (part.kind !== 'scalar' || part.value === null || typeof part.value === 'boolean') {
    throw new Refused('invalid', `${name} has to be text, not ${kindOf(part)}`, part);
  }
  if (part.text.length > maxLength) {
    throw new Refused('limit', `${name} has ${part.text.length} characters, at most ${maxLength}`, part);
  }
  return part.text;
}

export function oneOf<T extends string>(part: Part, name: string, allowed: readonly T[]): T {
  const text = textOf(part, name);
  if (!(allowed as readonly string[]).includes(text)) {
    throw new Refused('invalid', `${name} ${JSON.stringify(text)} is none of ${allowed.join(', ')}`, part);
  }
  return text as T;
}

/** A list, or a single item that stands for a list of one. */
export const itemsOf = (part: Part): readonly Part[] => (part.kind === 'list' ? part.items : [part]);

export function onlyKeys(map: MapPart, name: string, known: readonly string[]): void {
  const stranger = map.entries.find(({ key }) => !known.includes(key));
  if (!stranger) return;
  throw new Refused(
    'unknown_key',
    `${name} has no ${JSON.stringify(stranger.key)}; known are ${known.join(', ')}`,
    stranger,
  );
}

export function numberOf(part: Part, name: string, { min, max }: { min: number; max: number }): number {
  if (part.kind === 'scalar' && typeof part.value === 'number' && part.value >= min && part.value <= max)
    return part.value;
  const said = part.kind === 'scalar' ? JSON.stringify(part.text) : kindOf(part);
  throw new Refused('invalid', `${name} has to be a number from ${min} to ${max}, not ${said}`, part);
}
