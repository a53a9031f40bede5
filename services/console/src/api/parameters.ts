/** Values of a query string. Lists repeat the parameter; what is undefined, null or empty is left out. */
export type Parameters = Readonly<
  Record<string, string | number | boolean | null | undefined | readonly (string | number)[]>
>;

/** With its question mark; empty where there is nothing to say. */
export function queryString(parameters: Parameters): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== '') search.append(name, String(one));
    }
  }
  const written = search.toString();
  return written === '' ? '' : `?${written}`;
}
