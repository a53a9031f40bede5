import type { WireEvent } from '../../core/wire/event.js';
import type { Field } from '../rules/field.js';
import { type Value, valuesAt } from './place.js';
import { numberOf, textOf } from './text.js';

/** A field outside of a detection: what events are grouped by, counted by, or added up. */
export interface FieldReader {
  /** The first value as text, places in their order; undefined where the event has none. What groups and distinct values are made of. */
  text(event: WireEvent): string | undefined;
  /** The first value that is a number or the text of one. */
  number(event: WireEvent): number | undefined;
  values(event: WireEvent): readonly Value[];
}

export function createFieldReader({ places }: Field): FieldReader {
  const values = (event: WireEvent): readonly Value[] =>
    places.length === 1 ? valuesAt(places[0]!, event) : places.flatMap((place) => valuesAt(place, event));
  const first = <T>(event: WireEvent, of: (value: Value) => T | undefined): T | undefined => {
    for (const value of values(event)) {
      const found = of(value);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return {
    values,
    text: (event) => first(event, textOf),
    number: (event) =>
      first(event, (value) =>
        typeof value === 'number' ? value : typeof value === 'string' ? numberOf(value) : undefined,
      ),
  };
}
