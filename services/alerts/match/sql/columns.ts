import { type Column, type TextColumn, textColumns } from '../../rules/field.js';

const enums: ReadonlySet<Column> = new Set<Column>(['scope', 'actor_type', 'kind', 'outcome']);
/** As they are stored, their letters have no case. */
const lowerCase: ReadonlySet<Column> = new Set<Column>([...enums, 'action', 'category', 'success', 'id', 'ip']);

const ipText = `multiIf(length(ip_bytes) = 4, IPv4NumToString(reinterpretAsUInt32(reverse(ip_bytes))), length(ip_bytes) = 16, IPv6NumToString(toFixedString(ip_bytes, 16)), '')`;

/** A field of the event as one text; undefined for those that are lists, or whose text ClickHouse writes in another way. */
export function columnSql(column: Column): string | undefined {
  switch (column) {
    case 'id':
      return 'toString(id)';
    case 'success':
      return `if(outcome = 'success', 'true', 'false')`;
    case 'ip':
      return ipText;
    case 'category':
      return 'category';
    case 'related_type':
    case 'related_id':
    case 'occurred_at':
      return undefined;
    default:
      return enums.has(column) ? `toString(${column})` : column;
  }
}

/** Columns whose rows hold several texts. */
export const listColumn = (column: Column): string | undefined =>
  column === 'related_type' || column === 'related_id' ? column : undefined;

/** A text of this column in lower case. */
export const loweredSql = (text: string, column: Column | undefined): string =>
  column !== undefined && lowerCase.has(column) ? text : `lowerUTF8(${text})`;

/** What keywords are looked for in, JSON aside. */
export const keywordColumns: readonly TextColumn[] = textColumns;
