export type ParameterType = 'String' | 'Int64' | 'UInt64' | 'UInt32' | 'UInt16' | 'Float64';

/** Collects the values of a query. SQL text only ever holds their places, `{p0:String}`. */
export interface Bind {
  (type: ParameterType, value: string | number): string;
  readonly params: Record<string, string | number>;
}

export function createBind(): Bind {
  const params: Record<string, string | number> = {};
  const bind = (type: ParameterType, value: string | number): string => {
    const name = `p${Object.keys(params).length}`;
    params[name] = value;
    return `{${name}:${type}}`;
  };
  return Object.assign(bind, { params });
}

/** `expression IN (…)`, every value a parameter. Scalars, because arrays of odd strings are escaped twice on their way. */
export const anyOf = (expression: string, values: readonly string[], bind: Bind): string =>
  `${expression} IN (${values.map((value) => bind('String', value)).join(', ')})`;

/** A time given in microseconds since 1970. */
export const timeSql = (us: number, bind: Bind): string => `fromUnixTimestamp64Micro(${bind('Int64', us)}, 'UTC')`;

/** The event of a UUID given as its 16 bytes, by both of its stored halves. */
export function idSql(id: Buffer, bind: Bind): string {
  const half = (from: number): string => bind('UInt64', id.readBigUInt64BE(from).toString());
  return `id_time = ${half(0)} AND id_random = ${half(8)}`;
}
