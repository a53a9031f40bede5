import type { Surroundings } from '../surroundings.js';

/** How something is set off on a terminal. It never says what the text does not. */
export type Style = 'head' | 'good' | 'bad' | 'caution';

/** SGR parameters of ECMA-48, on and off: the eight colours that every theme of a terminal sets. */
const codes: Readonly<Record<Style, readonly [on: number, off: number]>> = {
  head: [1, 22],
  good: [32, 39],
  bad: [31, 39],
  caution: [33, 39],
};

/** Sets off text whose width is settled: what it adds has none. */
export type Paint = (text: string, style: Style | undefined) => string;

/** Colours where a person looks on, and none for a pipe, a file, `NO_COLOR` (no-color.org) or a terminal that has none. */
export function createPaint({ stdout, env }: Pick<Surroundings, 'stdout' | 'env'>): Paint {
  if (!stdout.isTTY || env.NO_COLOR || env.TERM === 'dumb') return (text) => text;
  return (text, style) => {
    if (style === undefined || text === '') return text;
    const [on, off] = codes[style];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
}
