import { isIPv4 } from 'node:net';
import { addressBytes } from '../../core/event/address.js';
import { type IpRange, inRange, parseIpRange } from '../../core/sql/ip-range.js';
import type { FieldReference, ValueTest } from '../rules/expression.js';
import type { Field } from '../rules/field.js';
import { compileRegex } from '../rules/regex.js';
import { existsAt, type Value } from './place.js';
import { numberOf } from './text.js';
import { compileText } from './text-test.js';
import { compare, compileTime } from './time-part.js';
import { loweredOf, type Slots, textsOf, type View } from './view.js';

export type Predicate = (view: View) => boolean;

/** One test of a field, as a predicate. */
export function compileTest(test: ValueTest, field: Field, slots: Slots): Predicate {
  const slot = slots.of(field);
  const ofRead =
    (holds: (read: ReturnType<Slots['read']>) => boolean): Predicate =>
    (view) =>
      holds(slots.read(slot, view));
  switch (test.kind) {
    case 'text':
      return ofRead(compileText(test, hasColumn(field)));
    case 'regex': {
      const regex = compileRegex(test);
      return ofRead((read) => textsOf(read).some((text) => regex.test(text)));
    }
    case 'null':
      return ofRead(({ values }) => values.every((value) => value === null));
    case 'exists':
      return ({ event }) => field.places.some((place) => existsAt(place, event));
    case 'cidr':
      return compileCidr(test.block, field, ofRead);
    case 'compare': {
      const holds = compare(test.comparison);
      return ofRead(({ values }) =>
        values.some((value) => isSo(numberIn(value), (found) => holds(found, test.number))),
      );
    }
    case 'time':
      return ofRead(compileTime(test));
    case 'fieldref':
      return compileReference(test, slot, slots);
  }
}

/** A field of the event cannot tell an empty text from none. */
export const hasColumn = ({ places }: Field): boolean => places.some(({ kind }) => kind === 'column');

const isSo = (number: number | undefined, holds: (number: number) => boolean): boolean =>
  number !== undefined && holds(number);

const numberIn = (value: Value): number | undefined =>
  typeof value === 'number' ? value : typeof value === 'string' ? numberOf(value) : undefined;

type OfRead = (holds: (read: ReturnType<Slots['read']>) => boolean) => Predicate;

function compileCidr(block: string, { places }: Field, ofRead: OfRead): Predicate {
  const range = parseIpRange(block)!;
  if (places.length === 1 && places[0]!.kind === 'column' && places[0]!.column === 'ip') {
    return ({ event }) => inRange(event.identity.ip, range);
  }
  return ofRead(({ values }) => values.some((value) => typeof value === 'string' && isIn(value, range)));
}

/** A text counts as what it is written as: dotted quads are in blocks of IPv4, others in blocks of IPv6. */
function isIn(text: string, range: IpRange): boolean {
  if (isIPv4(text) !== (range.low.length === 4)) return false;
  const bytes = text.includes('%') ? undefined : addressBytes(text);
  return bytes !== undefined && inRange(bytes, range);
}

function compileReference({ field, match, cased }: FieldReference, slot: number, slots: Slots): Predicate {
  const other = slots.of(field);
  const texts = cased ? textsOf : loweredOf;
  const holds: (text: string, part: string) => boolean =
    match === 'whole'
      ? (text, part) => text === part
      : match === 'contains'
        ? (text, part) => text.includes(part)
        : match === 'startswith'
          ? (text, part) => text.startsWith(part)
          : (text, part) => text.endsWith(part);
  return (view) => {
    const parts = texts(slots.read(other, view));
    return parts.length > 0 && texts(slots.read(slot, view)).some((text) => parts.some((part) => holds(text, part)));
  };
}
