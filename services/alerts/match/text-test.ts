import type { TextTest } from '../rules/expression.js';
import { anyRun, isLike, lower, type Pattern, plainText } from '../rules/pattern.js';
import { numberOf } from './text.js';
import { loweredOf, type Read, textsOf } from './view.js';

export const inCase = (pattern: Pattern, cased: boolean): Pattern =>
  cased ? pattern : pattern.map((piece) => (typeof piece === 'string' ? lower(piece) : piece));

/** Whether the text, in lower case unless cased, is as the pattern says. */
export function likeTest(pattern: Pattern): (text: string) => boolean {
  const plain = plainText(pattern);
  if (plain !== undefined) return (text) => text === plain;
  const [first, second, third] = pattern;
  if (pattern.length === 1 && first === anyRun) return () => true;
  if (pattern.length === 2 && typeof first === 'string' && second === anyRun) return (text) => text.startsWith(first);
  if (pattern.length === 2 && first === anyRun && typeof second === 'string') return (text) => text.endsWith(second);
  if (pattern.length === 3 && first === anyRun && typeof second === 'string' && third === anyRun) {
    return (text) => text.includes(second);
  }
  return (text) => isLike(pattern, text);
}

/** Some value of the field is as the test says. */
export function compileText({ pattern, cased }: TextTest, emptyIsAbsent: boolean): (read: Read) => boolean {
  const like = likeTest(inCase(pattern, cased));
  const textsIn = cased ? textsOf : loweredOf;
  const plain = plainText(pattern);
  if (plain === undefined) return (read) => textsIn(read).some(like);
  if (plain === '' && emptyIsAbsent) return (read) => read.values.length === 0 || textsIn(read).some(like);
  const number = numberOf(plain);
  if (number === undefined) return (read) => textsIn(read).some(like);
  return (read) => textsIn(read).some(like) || read.values.includes(number);
}

/** Some value is one of the texts: for long lists, looked up. */
export function compilePlainTexts(tests: readonly TextTest[]): (read: Read) => boolean {
  const texts = new Set(tests.map(({ pattern }) => lower(plainText(pattern)!)));
  const numbers = new Set(tests.map(({ pattern }) => numberOf(plainText(pattern)!)));
  return (read) =>
    loweredOf(read).some((text) => texts.has(text)) ||
    read.values.some((value) => typeof value === 'number' && numbers.has(value));
}
