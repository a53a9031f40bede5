import type { Bind } from '../../../core/sql/bind.js';
import type { RegexTest, TextTest } from '../../rules/expression.js';
import { anyOne, anyRun, type Pattern, plainText } from '../../rules/pattern.js';
import { inCase } from '../text-test.js';

/** For LIKE, where `%` is any run and `_` any one character. */
const likeOf = (pattern: Pattern): string =>
  pattern.map((piece) => (piece === anyRun ? '%' : piece === anyOne ? '_' : piece.replace(/[\\%_]/g, '\\$&'))).join('');

/** A condition over one text, given as it is and in lower case. */
export type TextCondition = (text: string, lowered: string) => string;

/** Any of the tests. */
export function anyText(tests: readonly (TextTest | RegexTest)[], bind: Bind): TextCondition {
  const plain = { cased: [] as string[], lowered: [] as string[] };
  const others: TextCondition[] = [];
  for (const test of tests) {
    if (test.kind === 'regex') {
      const place = bind('String', regexSource(test));
      others.push((text) => `match(${text}, ${place})`);
      continue;
    }
    const pattern = inCase(test.pattern, test.cased);
    const said = plainText(pattern);
    if (said !== undefined) {
      plain[test.cased ? 'cased' : 'lowered'].push(bind('String', said));
    } else {
      const place = bind('String', likeOf(pattern));
      others.push((text, lowered) => `${test.cased ? text : lowered} LIKE ${place}`);
    }
  }
  const isOne = (text: string, places: readonly string[]): string[] =>
    places.length === 0 ? [] : [places.length === 1 ? `${text} = ${places[0]}` : `${text} IN (${places.join(', ')})`];
  return (text, lowered) =>
    [
      ...isOne(text, plain.cased),
      ...isOne(lowered, plain.lowered),
      ...others.map((condition) => condition(text, lowered)),
    ].join(' OR ');
}

/** ClickHouse lets `.` stand for a line's end unless it is told not to. */
function regexSource({ source, ignoreCase, multiline, dotAll }: RegexTest): string {
  const on = `${ignoreCase ? 'i' : ''}${multiline ? 'm' : ''}${dotAll ? 's' : ''}`;
  return `(?${on}${dotAll ? '' : '-s'})${source}`;
}
