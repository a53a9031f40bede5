import { addressText } from '../../../core/event/index.js';
import { badParameter } from '../errors.js';

/** A field whose values can be counted and listed. */
export interface InsightField {
  /** The name, then its aliases: those of the filter that takes its values, where there is one. */
  names: readonly string[];
  /** What events are grouped by: as they are stored, because that is what ClickHouse counts fastest. */
  key: string;
  /** From a key, as SQL, to the value that is counted; the key itself where absent. Few rows are left by then. */
  value?: (key: string) => string;
  /** From the stored key, as SQL, to the text that a prefix is looked for in; the value where absent. */
  text?: (key: string) => string;
  /** Whether a key has the value whose place in the query is given, as SQL; equality where absent. */
  is?: (key: string, place: string) => string;
  /** There are few keys, so that they can be counted in many buckets and be told apart afterwards. */
  few?: true;
  /** What an answer shows for a value. */
  show?: (value: string) => string;
  /** Columns that name what an opaque id stands for. */
  labels?: readonly string[];
}

const plain = (column: string, ...names: string[]): InsightField => ({ names: [...names, column], key: column });
const few = (column: string, ...names: string[]): InsightField => ({ ...plain(column, ...names), few: true });
const symbol = (column: string): InsightField => ({ ...few(column), value: (key) => `toString(${key})` });

const nullAddress = "toFixedString(if(length(KEY) = 16, KEY, ''), 16)";
const addressSql = (key: string): string =>
  `multiIf(length(${key}) = 4, IPv4NumToString(reinterpretAsUInt32(reverse(${key}))), length(${key}) = 16, IPv6NumToString(${nullAddress.replaceAll('KEY', key)}), '')`;

export const insightFields: readonly InsightField[] = [
  few('action', 'action', 'event'),
  {
    names: ['category'],
    key: 'action',
    value: (key) => `splitByChar('.', toString(${key}))[1]`,
    is: (key, place) => `(${key} = ${place} OR startsWith(${key}, concat(${place}, '.')))`,
    few: true,
  },
  symbol('kind'),
  symbol('outcome'),
  few('reason'),
  { ...plain('actor_id', 'actor', 'user'), labels: ['actor_name', 'actor_email'] },
  symbol('actor_type'),
  plain('actor_email'),
  plain('actor_name'),
  few('target_type', 'target_type', 'resource_type'),
  { ...plain('target_id', 'target_id', 'resource_id'), labels: ['target_name'] },
  plain('target_name'),
  {
    names: ['ip'],
    key: 'ip_bytes',
    value: (key) => `hex(${key})`,
    text: addressSql,
    is: (key, place) => `${key} = unhex(${place})`,
    show: (hex) => addressText(Buffer.from(hex, 'hex')),
  },
  plain('user_agent'),
  few('service'),
  few('auth_method'),
  symbol('scope'),
  few('application_id'),
  few('organization_id'),
  plain('session_id'),
  plain('correlation_id'),
  plain('request_id'),
  few('details_schema'),
];

export const fieldNames: readonly string[] = insightFields.map(({ names }) => names[0]!);

/** Throws a Problem for a name that no field has. */
export function insightField(name: string, parameter: string): InsightField {
  const field = insightFields.find(({ names }) => names.includes(name.toLowerCase()));
  if (field) return field;
  throw badParameter(parameter, `${JSON.stringify(name)} is none of ${fieldNames.join(', ')}`);
}

export const valueSql = ({ value = (key) => `toString(${key})` }: InsightField, key: string): string => value(key);
export const textSql = (field: InsightField, key: string): string => (field.text ?? ((of) => valueSql(field, of)))(key);
export const isSql = ({ is = (of, place) => `${of} = ${place}` }: InsightField, key: string, place: string): string =>
  is(key, place);
export const shown = ({ show = (value) => value }: InsightField, value: string): string => show(value);
