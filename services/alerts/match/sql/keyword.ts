import type { Bind } from '../../../core/sql/bind.js';
import type { KeywordTest } from '../../rules/expression.js';
import { documents } from '../../rules/field.js';
import { inJson } from '../keyword.js';
import { columnSql, keywordColumns, loweredSql } from './columns.js';
import { anyText } from './text.js';

/** The keyword stands in one of the event's texts, or in its JSON as it came. */
export function keywordSql({ test }: KeywordTest, bind: Bind): string {
  const condition = anyText([test], bind);
  const inDocument = test.kind === 'text' ? anyText([{ ...test, pattern: inJson(test.pattern) }], bind) : condition;
  const columns = [...keywordColumns, 'ip' as const].map((column) => {
    const text = columnSql(column)!;
    return `${text} != '' AND ${condition(text, loweredSql(text, column))}`;
  });
  const lists = ['related_type', 'related_id'].map(
    (list) => `arrayExists(t -> t != '' AND ${condition('t', 'lowerUTF8(t)')}, ${list})`,
  );
  const texts = documents.map((name) => `${name} != '' AND ${inDocument(name, `lowerUTF8(${name})`)}`);
  return `(${[...columns, ...lists, ...texts].map((one) => `(${one})`).join(' OR ')})`;
}
