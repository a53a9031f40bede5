import { MAX_QUERY_SIZE } from './engine-arguments.js';
import type { Parameters } from './parameters.js';

const text = (value: string): string => `'${value.replace(/[\\']/g, '\\$&')}'`;
const identifier = (value: string): string => `\`${value.replace(/[\\`]/g, '\\$&')}\``;

const TAG = 'query_id=';

/** An expression over system.processes for the id that the client knows a query by; the engine gives its own. */
export const CLIENT_QUERY_ID = `extract(Settings['log_comment'], '${TAG}(.*)$')`;

export const killStatement = (queryId: string): string =>
  `KILL QUERY WHERE endsWith(Settings['log_comment'], ${text(TAG + queryId)}) ASYNC`;

export const useStatement = (database: string): string => `USE ${identifier(database)}`;

export const setStatement = (values: Iterable<readonly [name: string, value: string]>): string =>
  `SET ${Array.from(values, ([name, value]) => `${name} = ${text(value)}`).join(', ')}`;

/** The settings of a query, its default for the longest statement, and the mark by which it is found while it runs. */
export function taggedSettings({ settings, queryId }: Pick<Parameters, 'settings' | 'queryId'>): Map<string, string> {
  const comment = settings.get('log_comment');
  const defaults = new Map([['max_query_size', String(MAX_QUERY_SIZE)]]);
  return new Map([...defaults, ...settings, ['log_comment', `${comment ? `${comment} ` : ''}${TAG}${queryId}`]]);
}

/** What makes a connection ready for a query: database, substitutions, settings. */
export function preparation(parameters: Parameters): string[] {
  const { database, substitutions } = parameters;
  const settings = taggedSettings(parameters);
  // Last, since it forbids further changes. A GET may not write, whatever it asks for.
  const asked = settings.get('readonly');
  const readonly = parameters.readOnly && asked !== '1' ? '2' : asked;
  settings.delete('readonly');
  const values = [...[...substitutions].map(([name, value]) => [`param_${name}`, value] as const), ...settings];
  if (readonly !== undefined) values.push(['readonly', readonly]);
  return [...(database === undefined ? [] : [useStatement(database)]), setStatement(values)];
}
