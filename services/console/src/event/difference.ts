/** Added, removed, changed, unchanged. */
export type Sign = '+' | '-' | '~' | '=';

/** Of one value before and after; undefined where it is not there. */
export interface Difference {
  name: string;
  sign: Sign;
  before: unknown;
  after: unknown;
  /** The members of objects and the items of lists; undefined where at least one side is there and is neither, or both are of another kind. */
  inner: readonly Difference[] | undefined;
  /** How many single values differ within it. */
  changes: number;
}

/** Lists of which one has more items are compared item by item, in place: an alignment would take too long. */
const mostAligned = 300;

/** Compares two JSON values, member by member and item by item. */
export function difference(before: unknown, after: unknown, name = ''): Difference {
  const sides = [before, after].filter((side) => side !== undefined);
  if (sides.length > 0 && sides.every(isObject)) {
    return branch(name, before, after, membersOf(before as Members | undefined, after as Members | undefined));
  }
  if (sides.length > 0 && sides.every(Array.isArray)) {
    return branch(name, before, after, itemsOf((before as unknown[]) ?? [], (after as unknown[]) ?? []));
  }
  if (sides.length === 0) return { name, sign: '=', before, after, inner: undefined, changes: 0 };
  const sign = before === undefined ? '+' : after === undefined ? '-' : textOf(before) === textOf(after) ? '=' : '~';
  return { name, sign, before, after, inner: undefined, changes: sign === '=' ? 0 : 1 };
}

type Members = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same text for the same value, in whatever order its members stand. */
const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );

function branch(name: string, before: unknown, after: unknown, inner: readonly Difference[]): Difference {
  const within = inner.reduce((sum, { changes }) => sum + changes, 0);
  const sign = before === undefined ? '+' : after === undefined ? '-' : within > 0 ? '~' : '=';
  // An empty object that came or went is a change all the same.
  return { name, sign, before, after, inner, changes: sign === '=' ? 0 : Math.max(within, 1) };
}

function membersOf(before: Members = {}, after: Members = {}): Difference[] {
  const names = [...Object.keys(before), ...Object.keys(after).filter((name) => !Object.hasOwn(before, name))];
  const own = (side: Members, name: string): unknown => (Object.hasOwn(side, name) ? side[name] : undefined);
  return names.map((name) => difference(own(before, name), own(after, name), name));
}

/** Items that both lists have, in the same order, belong together; those between them are compared in turn. */
function itemsOf(before: readonly unknown[], after: readonly unknown[]): Difference[] {
  const pairs: (readonly [number, number])[] = [...commonOf(before, after), [before.length, after.length]];
  const found: Difference[] = [];
  let [a, b] = [0, 0];
  for (const [toA, toB] of pairs) {
    while (a < toA || b < toB) {
      const gone = a < toA ? before[a++] : undefined;
      const come = b < toB ? after[b++] : undefined;
      found.push(difference(gone, come, String(found.length)));
    }
    if (toA < before.length) {
      found.push(difference(before[a++], after[b++], String(found.length)));
    }
  }
  return found;
}

/** The longest common subsequence, as indices of both. */
function commonOf(before: readonly unknown[], after: readonly unknown[]): [number, number][] {
  if (before.length > mostAligned || after.length > mostAligned) {
    const least = Math.min(before.length, after.length);
    return Array.from({ length: least }, (_, at): [number, number] => [at, at]);
  }
  const [one, other] = [before.map(textOf), after.map(textOf)];
  const longest = Array.from({ length: one.length + 1 }, () => new Uint16Array(other.length + 1));
  for (let a = one.length - 1; a >= 0; a--) {
    for (let b = other.length - 1; b >= 0; b--) {
      longest[a]![b] =
        one[a] === other[b] ? longest[a + 1]![b + 1]! + 1 : Math.max(longest[a + 1]![b]!, longest[a]![b + 1]!);
    }
  }
  const pairs: [number, number][] = [];
  for (let a = 0, b = 0; a < one.length && b < other.length; ) {
    if (one[a] === other[b]) pairs.push([a++, b++]);
    else if (longest[a + 1]![b]! >= longest[a]![b + 1]!) a++;
    else b++;
  }
  return pairs;
}

/** How many values were added, removed and changed. */
export function tally(of: Difference): Record<Exclude<Sign, '='>, number> {
  const counts = { '+': 0, '-': 0, '~': 0 };
  const visit = ({ sign, inner, changes }: Difference): void => {
    if (sign === '=') return;
    if (inner && inner.length > 0) inner.forEach(visit);
    else counts[sign] += changes;
  };
  visit(of);
  return counts;
}
