import type { Bind } from '../../../core/sql/bind.js';
import type { FieldReference, ValueTest } from '../../rules/expression.js';
import type { Field, Place } from '../../rules/field.js';
import { columnSql, listColumn, loweredSql } from './columns.js';
import { isNumberSql, textsSql, valuesSql } from './document.js';

const operators = { lt: '<', lte: '<=', gt: '>', gte: '>=' } as const;
const numberForm = String.raw`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`;

/** Some value is a number, or a text that writes one as JSON does, on this side of the limit. */
export function numberSql(
  place: Place,
  { comparison, number }: Extract<ValueTest, { kind: 'compare' }>,
  bind: Bind,
): string | undefined {
  const limit = bind('Float64', number);
  const form = bind('String', numberForm);
  const isSo = (json: string): string =>
    `${isNumberSql(json)} AND JSONExtractFloat(${json}) ${operators[comparison]} ${limit}`;
  const ofText = (text: string): string => `match(${text}, ${form}) AND ${isSo(text)}`;
  if (place.kind === 'document') {
    const text = 'JSONExtractString(v)';
    return `arrayExists(v -> if(startsWith(v, '"'), ${ofText(text)}, ${isSo('v')}), ${valuesSql(place, bind)})`;
  }
  const list = listColumn(place.column);
  if (list) return `arrayExists(t -> ${ofText('t')}, ${list})`;
  if (place.column === 'occurred_at' || place.column === 'success') return 'false';
  const column = columnSql(place.column);
  return column && ofText(column);
}

/** Texts of a field as a list. */
function listSql({ places }: Field, cased: boolean, bind: Bind): string | undefined {
  const lists = places.map((place) => {
    if (place.kind === 'document') {
      const texts = textsSql(valuesSql(place, bind));
      return cased ? texts : `arrayMap(t -> lowerUTF8(t), ${texts})`;
    }
    const list = listColumn(place.column);
    const text = columnSql(place.column);
    const found = list ?? (text && `[${cased ? text : loweredSql(text, place.column)}]`);
    const lowered = list && !cased ? `arrayMap(t -> lowerUTF8(t), ${list})` : found;
    return lowered && `arrayFilter(t -> t != '', ${lowered})`;
  });
  if (!lists.every((list) => list !== undefined)) return undefined;
  return lists.length === 1 ? lists[0] : `arrayConcat(${lists.join(', ')})`;
}

/** Some text of the field is, or holds, some text of the other. */
export function referenceSql(
  field: Field,
  { field: other, match, cased }: FieldReference,
  bind: Bind,
): string | undefined {
  const texts = listSql(field, cased, bind);
  const parts = listSql(other, cased, bind);
  if (!texts || !parts) return undefined;
  if (match === 'whole') return `hasAny(${texts}, ${parts})`;
  const holds =
    match === 'contains' ? 'position(t, p) > 0' : `${match === 'startswith' ? 'startsWith' : 'endsWith'}(t, p)`;
  return `arrayExists(t -> arrayExists(p -> ${holds}, ${parts}), ${texts})`;
}
