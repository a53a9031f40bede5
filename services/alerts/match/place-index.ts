import { lower } from '../rules/pattern.js';
import { type Key, valueKey } from './keys.js';
import { createPatternSet } from './pattern-set.js';
import type { Value } from './place.js';
import { textOf } from './text.js';

/** Which rules a value at one place leads to. Rules are numbers. */
export interface PlaceIndex {
  add(key: Key, rule: number): void;
  /** Calls `found` for every rule that the value leads to, possibly more than once. */
  look(value: Value, found: (rule: number) => void): void;
}

/** How many texts are remembered with the patterns they fit. */
const mostRemembered = 2_048;

/** `repeating`: few texts come often at this place (actions, services), so that what patterns say of them is worth remembering. */
export function createPlaceIndex({ repeating }: { repeating: boolean }): PlaceIndex {
  const exact = new Map<string, number[]>();
  const patterns = createPatternSet();
  const remembered = new Map<string, readonly number[][]>();

  const fitting = (text: string): readonly number[][] => {
    const known = repeating ? remembered.get(text) : undefined;
    if (known) return known;
    const found = patterns.fitting(text, lower(text));
    if (repeating) {
      if (remembered.size >= mostRemembered) remembered.clear();
      remembered.set(text, found);
    }
    return found;
  };

  return {
    add({ text, pattern }, rule) {
      if (pattern) return patterns.add(pattern, rule);
      const rules = exact.get(text);
      if (!rules) exact.set(text, [rule]);
      else if (rules.at(-1) !== rule) rules.push(rule);
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
