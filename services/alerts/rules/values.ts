import { addressBytes, addressText } from '../../core/event/address.js';
import type { ScalarPart } from './document.js';
import type { RegexTest, TextTest, TimePart, ValueTest } from './expression.js';
import { Refused } from './fault.js';
import type { Field } from './field.js';
import type { FieldKey } from './modifiers.js';
import { kindOf, numberOf, textOf } from './parts.js';
import {
  contains,
  endsWith,
  literalPattern,
  type Pattern,
  parsePattern,
  plainText,
  startsWith,
  wildcards,
} from './pattern.js';
import { regexTest } from './regex.js';
import { fieldOf, type Reading } from './selection.js';

interface Of {
  key: FieldKey;
  field: Field;
  reading: Reading;
}

/** One value of a field, with what the modifiers make of it. */
export function valueTest(part: ScalarPart, { key, field, reading }: Of): ValueTest {
  const name = key.field;
  if (key.time) return timeTest(part, key.time, key, reading.timeZone);
  if (key.comparison) {
    const number = numberOf(part, name, { min: -Number.MAX_VALUE, max: Number.MAX_VALUE });
    return { kind: 'compare', comparison: key.comparison, number };
  }
  switch (key.match) {
    case 'exists':
      if (typeof part.value === 'boolean') return { kind: 'exists' };
      throw new Refused('invalid', `${name}|exists has to be true or false, not ${kindOf(part)}`, part);
    case 'cidr':
      return { kind: 'cidr', block: blockOf(part, name) };
    case 're':
      return regexTest(part, key, reading.limits);
    case 'fieldref': {
      const other = fieldOf(textOf(part, `${name}|fieldref`, 256), part, reading);
      return { kind: 'fieldref', field: other, match: key.part ?? 'whole', cased: key.cased };
    }
    default:
      if (part.value === null) {
        if (key.match === undefined) return { kind: 'null' };
        throw new Refused('invalid', `${name}|${key.match} has no value`, part);
      }
      return textTest(part, key, reading, isAddress(field));
  }
}

/** A keyword stands somewhere in the text. */
export function keywordTest(part: ScalarPart, key: FieldKey, reading: Reading): TextTest | RegexTest {
  if (key.match === 're') return regexTest(part, key, reading.limits);
  if (part.value === null || part.text === '') throw new Refused('invalid', 'a keyword is missing', part);
  const test = textTest(part, { ...key, match: 'contains' }, reading, false);
  if (test.pattern.every((piece) => typeof piece === 'number')) {
    throw new Refused('invalid', 'a keyword of wildcards alone is found in every event', part);
  }
  return test;
}

function textTest(
  part: ScalarPart,
  { field, match, cased }: FieldKey,
  { limits }: Reading,
  address: boolean,
): TextTest {
  const text = typeof part.value === 'boolean' ? String(part.value) : textOf(part, field, limits.valueLength);
  const parsed = typeof part.value === 'string' ? parsePattern(text) : literalPattern(text);
  const pattern = around(address && match === undefined ? canonical(parsed) : parsed, match);
  if (wildcards(pattern) > limits.wildcards) {
    throw new Refused('limit', `${wildcards(pattern)} wildcards in one value, at most ${limits.wildcards}`, part);
  }
  return { kind: 'text', pattern, cased };
}

function around(pattern: Pattern, match: FieldKey['match']): Pattern {
  if (match === 'contains') return contains(pattern);
  if (match === 'startswith') return startsWith(pattern);
  return match === 'endswith' ? endsWith(pattern) : pattern;
}

const isAddress = ({ places }: Field): boolean =>
  places.some((place) => place.kind === 'column' && place.column === 'ip');

/** An address as events show it. */
function canonical(pattern: Pattern): Pattern {
  const bytes = addressBytes(plainText(pattern) ?? '');
  return bytes ? literalPattern(addressText(bytes)) : pattern;
}

export function blockOf(part: ScalarPart, name: string): string {
  const text = textOf(part, `${name}|cidr`, 64);
  const [address = '', prefix = '', ...more] = text.split('/');
  const bytes = address.includes('%') ? undefined : addressBytes(address);
  const bits = /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  const most = address.includes(':') ? 128 : 32;
  const least = address.includes(':') && bytes?.length === 4 ? 96 : 0;
  if (!bytes || more.length > 0 || !(bits >= least && bits <= most)) {
    throw new Refused('invalid', `${name}|cidr ${JSON.stringify(text)} is no block of addresses (10.0.0.0/8)`, part);
  }
  return text;
}

const ranges: Readonly<Record<TimePart, { min: number; max: number }>> = {
  minute: { min: 0, max: 59 },
  hour: { min: 0, max: 23 },
  day: { min: 1, max: 31 },
  week: { min: 1, max: 53 },
  month: { min: 1, max: 12 },
  year: { min: 1970, max: 2199 },
};

function timeTest(part: ScalarPart, time: TimePart, { field, comparison }: FieldKey, timeZone: string): ValueTest {
  const number = numberOf(part, `${field}|${time}`, ranges[time]);
  if (!Number.isInteger(number)) throw new Refused('invalid', `${field}|${time} has to be a whole number`, part);
  return { kind: 'time', part: time, comparison: comparison ?? 'eq', number, timeZone };
}
