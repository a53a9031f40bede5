import type { TextTest } from '../rules/expression.js';
import { lower } from '../rules/pattern.js';
import { type Key, valueKey } from './keys.js';
import type { Value } from './place.js';
import { textOf } from './text.js';
import { inCase, likeTest } from './text-test.js';

/** Which rules a value at one place leads to. Rules are numbers. */
export interface PlaceIndex {
  add(key: Key, rule: number): void;
  /** Calls `found` for every rule that the value leads to, possibly more than once. */
  look(value: Value, found: (rule: number) => void): void;
}

interface Tried {
  like: (text: string) => boolean;
  cased: boolean;
  rules: number[];
}

/** How many texts are remembered with the patterns they fit. */
const mostRemembered = 2_048;

/** `repeating`: few texts come often at this place (actions, services), so that what patterns say of them is worth remembering. */
export function createPlaceIndex({ repeating }: { repeating: boolean }): PlaceIndex {
  const exact = new Map<string, number[]>();
  const patterns = new Map<string, Tried>();
  const remembered = new Map<string, readonly (readonly number[])[]>();

  const add = (lists: { rules: number[] }, rule: number): void => {
    if (lists.rules.at(-1) !== rule) lists.rules.push(rule);
  };
  const addPattern = (text: string, { pattern, cased }: TextTest, rule: number): void => {
    const known = patterns.get(text);
    if (known) add(known, rule);
    else patterns.set(text, { like: likeTest(inCase(pattern, cased)), cased, rules: [rule] });
  };
  const fitting = (text: string): readonly (readonly number[])[] => {
    const known = repeating ? remembered.get(text) : undefined;
    if (known) return known;
    const lowered = lower(text);
    const found: number[][] = [];
    for (const { like, cased, rules } of patterns.values()) if (like(cased ? text : lowered)) found.push(rules);
    if (repeating) {
      if (remembered.size >= mostRemembered) remembered.clear();
      remembered.set(text, found);
    }
    return found;
  };

  return {
    add({ text, pattern }, rule) {
      if (pattern) return addPattern(text, pattern, rule);
      const rules = exact.get(text);
      if (rules) add({ rules }, rule);
      else exact.set(text, [rule]);
    },
    look(value, found) {
      if (exact.size > 0) {
        const key = valueKey(value);
        const rules = key === undefined ? undefined : exact.get(key);
        if (rules) for (const rule of rules) found(rule);
      }
      if (patterns.size === 0) return;
      const text = textOf(value);
      if (text === undefined) return;
      for (const rules of fitting(text)) for (const rule of rules) found(rule);
    },
  };
}
