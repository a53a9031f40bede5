import { addressText } from '../../core/event/address.js';
import type { WireEvent } from '../../core/wire/event.js';
import type { KeywordTest } from '../rules/expression.js';
import { documents, textColumns } from '../rules/field.js';
import { lower, type Pattern } from '../rules/pattern.js';
import { compileRegex } from '../rules/regex.js';
import { columnValues } from './place.js';
import { inCase, likeTest } from './text-test.js';
import type { Predicate } from './value-test.js';
import type { KeywordText, View } from './view.js';

/** What keywords are looked for in: all texts of an event, one by one, and its JSON as it came. */
const textsIn = (event: WireEvent): string[] => [
  ...textColumns.flatMap((column) => columnValues[column](event) as string[]),
  addressText(event.identity.ip),
  ...event.body.related.flatMap(({ type, id }) => [type, id]),
];

const keywordText = (text: string, json: boolean): KeywordText => ({ text, lowered: lower(text), json });

export function keywordTexts(view: View): readonly KeywordText[] {
  view.keywordTexts ??= [
    ...textsIn(view.event).map((text) => keywordText(text, false)),
    ...documents.map((name) => keywordText(view.event.content[name], true)),
  ].filter(({ text }) => text !== '');
  return view.keywordTexts;
}

/** As JSON writes it within quotes. */
export const inJson = (pattern: Pattern): Pattern =>
  pattern.map((piece) => (typeof piece === 'string' ? JSON.stringify(piece).slice(1, -1) : piece));

/** The keyword stands in one of the event's texts. */
export function compileKeyword({ test }: KeywordTest): Predicate {
  if (test.kind === 'regex') {
    const regex = compileRegex(test);
    return (view) => keywordTexts(view).some(({ text }) => regex.test(text));
  }
  const like = likeTest(inCase(test.pattern, test.cased));
  const likeJson = likeTest(inCase(inJson(test.pattern), test.cased));
  const { cased } = test;
  return (view) =>
    keywordTexts(view).some(({ text, lowered, json }) => (json ? likeJson : like)(cased ? text : lowered));
}
