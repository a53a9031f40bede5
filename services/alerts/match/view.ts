import type { WireEvent } from '../../core/wire/event.js';
import { type Field, placeKey } from '../rules/field.js';
import { lower } from '../rules/pattern.js';
import { type Value, valuesAt } from './place.js';
import { textOf } from './text.js';

/** A field's values in one event, read once however many rules ask. */
export interface Read {
  readonly values: readonly Value[];
  texts: readonly string[] | undefined;
  lowered: readonly string[] | undefined;
}

/** An event, and what was read of it. */
export interface View {
  readonly event: WireEvent;
  readonly reads: (Read | undefined)[];
  keywordTexts: readonly KeywordText[] | undefined;
}

/** A text that keywords are looked for in. */
export interface KeywordText {
  text: string;
  lowered: string;
  json: boolean;
}

export const createView = (event: WireEvent): View => ({ event, reads: [], keywordTexts: undefined });

/** Numbers the fields that rules name, so that rules which are matched together read each once. */
export interface Slots {
  of(field: Field): number;
  read(slot: number, view: View): Read;
}

export function createSlots(): Slots {
  const numbers = new Map<string, number>();
  const fields: Field[] = [];
  return {
    of(field) {
      const key = field.places.map(placeKey).join('\n');
      const known = numbers.get(key);
      if (known !== undefined) return known;
      numbers.set(key, fields.length);
      return fields.push(field) - 1;
    },
    read(slot, view) {
      const known = view.reads[slot];
      if (known) return known;
      const { places } = fields[slot]!;
      const values =
        places.length === 1 ? valuesAt(places[0]!, view.event) : places.flatMap((place) => valuesAt(place, view.event));
      const read: Read = { values, texts: undefined, lowered: undefined };
      view.reads[slot] = read;
      return read;
    },
  };
}

export function textsOf(read: Read): readonly string[] {
  read.texts ??= read.values.map(textOf).filter((text) => text !== undefined);
  return read.texts;
}

export function loweredOf(read: Read): readonly string[] {
  read.lowered ??= textsOf(read).map(lower);
  return read.lowered;
}
