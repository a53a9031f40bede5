import type { Expression, FieldTest, KeywordTest, TextTest } from '../rules/expression.js';
import { type Place, placeKey } from '../rules/field.js';
import { lower, plainText } from '../rules/pattern.js';
import type { Value } from './place.js';
import { numberOf, numberText, textOf } from './text.js';

/** What has to stand at a place of an event before a rule can match it: a text or number to look up, or a pattern to try. */
export interface Key {
  /** Undefined: somewhere in the event's text, as keywords are. */
  place: Place | undefined;
  /** With the place it says all of the key. */
  text: string;
  pattern: TextTest | undefined;
}

/** Keys of which an event has at least one if the expression holds of it, and how often that is expected to be for nothing. */
export interface KeySet {
  keys: readonly Key[];
  cost: number;
}

const numberKey = (number: number): string => `#${numberText(number)}`;

/** Under which keys a value is looked up. A superset of what is equal: the detection itself is tried after it. */
export function valueKey(value: Value): string | undefined {
  if (typeof value === 'number') return numberKey(value);
  const text = textOf(value);
  return text === undefined ? undefined : `=${lower(text)}`;
}

function keysOfTest(test: FieldTest['tests'][number], places: readonly Place[]): Key[] | undefined {
  if (test.kind !== 'text') return undefined;
  const plain = plainText(test.pattern);
  if (plain === '') return undefined;
  const texts = plain === undefined ? [patternText(test)] : exactTexts(plain);
  const pattern = plain === undefined ? test : undefined;
  return places.flatMap((place) => texts.map((text): Key => ({ place, text, pattern })));
}

function exactTexts(plain: string): string[] {
  const number = numberOf(plain);
  return [`=${lower(plain)}`, ...(number === undefined ? [] : [numberKey(number)])];
}

const patternText = ({ pattern, cased }: TextTest): string => `${cased ? '~' : '%'}${JSON.stringify(pattern)}`;

/** Sets of keys of which each alone is enough to find the events of a test. */
function keySetsOf(test: FieldTest | KeywordTest): Key[][] {
  if (test.kind === 'keyword') {
    const keys = keywordKeys(test);
    return keys ? [keys] : [];
  }
  const { field, tests, all } = test;
  const found = tests.map((test) => keysOfTest(test, field.places));
  if (all) return found.filter((keys) => keys !== undefined);
  return found.every((keys) => keys !== undefined) ? [found.flat()] : [];
}

const keywordKeys = ({ test }: KeywordTest): Key[] | undefined =>
  test.kind === 'text' ? [{ place: undefined, text: patternText(test), pattern: test }] : undefined;

/** How many rules name a key. */
export type Popularity = Map<string, number>;

export const keyName = ({ place, text }: Key): string => `${place ? placeKey(place) : ''}\n${text}`;

/** Counts every key that an expression could be found by. */
export function countKeys(expression: Expression, popularity: Popularity): void {
  if (expression.kind === 'and' || expression.kind === 'or') {
    for (const part of expression.of) countKeys(part, popularity);
  } else if (expression.kind === 'field' || expression.kind === 'keyword') {
    for (const keys of keySetsOf(expression)) {
      for (const key of keys) popularity.set(keyName(key), (popularity.get(keyName(key)) ?? 0) + 1);
    }
  }
}

/** Trying a pattern costs every event that has the field; looking a text up costs only those that have the text. */
const patternCost = 16;

/**
 * The cheapest keys of an expression: of an `and` those of one part, of an `or` those of all. Undefined where an event may match without
 * any particular value (`not`, comparisons, regular expressions).
 */
export function cheapestKeys(expression: Expression, popularity: Popularity): KeySet | undefined {
  switch (expression.kind) {
    case 'field':
    case 'keyword':
      return cheapest(keySetsOf(expression).map((keys) => priced(keys, popularity)));
    case 'and':
      return cheapest(
        expression.of.map((part) => cheapestKeys(part, popularity)).filter((found) => found !== undefined),
      );
    case 'or': {
      const parts = expression.of.map((part) => cheapestKeys(part, popularity));
      if (!parts.every((part) => part !== undefined)) return undefined;
      return { keys: parts.flatMap(({ keys }) => keys), cost: parts.reduce((sum, { cost }) => sum + cost, 0) };
    }
    case 'not':
      return undefined;
  }
}

const priced = (keys: readonly Key[], popularity: Popularity): KeySet => ({
  keys,
  cost: keys.reduce((sum, key) => sum + popularity.get(keyName(key))! + (key.pattern ? patternCost : 0), 0),
});

const cheapest = (sets: readonly KeySet[]): KeySet | undefined =>
  sets.reduce<KeySet | undefined>((best, set) => (best && best.cost <= set.cost ? best : set), undefined);
