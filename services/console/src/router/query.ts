/** State in the address: each name has its values, in order. Names without values are not there. */
export type Query = Readonly<Record<string, readonly string[]>>;

export function readQuery(search: string): Query {
  const query: Record<string, string[]> = {};
  for (const [name, value] of new URLSearchParams(search)) {
    query[name] ??= [];
    query[name].push(value);
  }
  return query;
}

/** Legible: what may stand in a query as it is, stays as it is. */
export function writeQuery(query: Query): string {
  const pairs = Object.entries(query).flatMap(([name, values]) =>
    values.map((value) => `${plain(name)}=${plain(value)}`),
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

const plain = (text: string): string =>
  encodeURIComponent(text)
    .replace(/%(3A|2C|2F|40|3F)/g, (escaped) => decodeURIComponent(escaped))
    .replaceAll('%20', '+');

export type QueryChange = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The query with some of its names changed; undefined, '' and [] take a name out. */
export function changeQuery(query: Query, change: QueryChange): Query {
  const next: Record<string, readonly string[]> = { ...query };
  for (const [name, value] of Object.entries(change)) {
    const values = typeof value === 'string' ? [value] : (value ?? []);
    const said = values.filter((one) => one !== '');
    if (said.length > 0) next[name] = said;
    else delete next[name];
  }
  return next;
}
