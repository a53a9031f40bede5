/** `/actors/:id`: each part is a word or a parameter. */
export type PathParameters = Readonly<Record<string, string>>;

const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '');

/** The parameters of a path that fits the pattern, decoded; undefined where it does not. */
export function matchPath(pattern: string, path: string): PathParameters | undefined {
  const [wanted, given] = [partsOf(pattern), partsOf(path)];
  if (wanted.length !== given.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [at, part] of wanted.entries()) {
    const value = decoded(given[at]!);
    if (value === undefined) return undefined;
    if (part.startsWith(':')) parameters[part.slice(1)] = value;
    else if (part !== value) return undefined;
  }
  return parameters;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

/** The path with its parameters in their places. Throws where one is missing: a link to nowhere is a fault. */
export function fillPath(pattern: string, parameters: PathParameters = {}): string {
  const filled = partsOf(pattern).map((part) => {
    if (!part.startsWith(':')) return part;
    const value = parameters[part.slice(1)];
    if (value === undefined || value === '') throw new Error(`${pattern} needs ${part.slice(1)}`);
    return encodeURIComponent(value);
  });
  return `/${filled.join('/')}`;
}

/** The first pattern that fits, words before parameters. */
export function findPath<T extends { path: string }>(
  pages: readonly T[],
  path: string,
): { page: T; parameters: PathParameters } | undefined {
  const fitting = pages.flatMap((page) => {
    const parameters = matchPath(page.path, path);
    return parameters ? [{ page, parameters }] : [];
  });
  return fitting.sort((a, b) => Object.keys(a.parameters).length - Object.keys(b.parameters).length)[0];
}
