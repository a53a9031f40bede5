import type { TextTest } from '../rules/expression.js';
import { lower, type Pattern } from '../rules/pattern.js';
import { inCase, likeTest } from './text-test.js';

/** Patterns with the rules that they lead to. A text is compared with the few that it can fit, however many there are. */
export interface PatternSet {
  readonly size: number;
  add(test: Pick<TextTest, 'pattern' | 'cased'>, rule: number): void;
  /** The rules of the patterns that the text fits, a list for each pattern. `lowered` is the text in lower case. */
  fitting(text: string, lowered: string): readonly number[][];
}

interface Tried {
  like: (text: string) => boolean;
  cased: boolean;
  rules: number[];
}

/** Three letters as a number; others may have the same, which costs a comparison. */
const trigram = (text: string, at: number): number =>
  (text.charCodeAt(at) * 0x9e5 + text.charCodeAt(at + 1) * 0x3d + text.charCodeAt(at + 2) * 0x1f_01) & 0xffff;

/**
 * Every pattern with three letters in a row is kept under three of them, and only looked at when a text has these. The rest is compared
 * with every text.
 */
export function createPatternSet(): PatternSet {
  const known = new Map<string, Tried>();
  const always: Tried[] = [];
  const byTrigram: (Tried[] | undefined)[] = [];
  // Which trigrams there are; beside the list, as it stays in the cache.
  const there = new Uint8Array(0x1_0000);
  const seen = new Uint32Array(0x1_0000);
  let texts = 0;

  /** The three letters that the fewest patterns are kept under. */
  const rarest = (letters: string): number | undefined => {
    let best: number | undefined;
    for (let at = 0; at + 3 <= letters.length; at += 1) {
      const hash = trigram(letters, at);
      if (best === undefined || (byTrigram[hash]?.length ?? 0) < (byTrigram[best]?.length ?? 0)) best = hash;
    }
    return best;
  };
  const keep = (tried: Tried, letters: string): void => {
    const hash = rarest(letters);
    if (hash === undefined) return void always.push(tried);
    there[hash] = 1;
    byTrigram[hash] ??= [];
    byTrigram[hash].push(tried);
  };

  return {
    get size() {
      return known.size;
    },
    add({ pattern, cased }, rule) {
      const key = JSON.stringify([cased, pattern]);
      const found = known.get(key);
      if (found) {
        if (found.rules.at(-1) !== rule) found.rules.push(rule);
        return;
      }
      const tried: Tried = { like: likeTest(inCase(pattern, cased)), cased, rules: [rule] };
      known.set(key, tried);
      keep(tried, lettersOf(pattern, cased));
    },
    fitting(text, lowered) {
      const found: number[][] = [];
      const look = ({ like, cased, rules }: Tried): void => {
        if (like(cased ? text : lowered)) found.push(rules);
      };
      for (const tried of always) look(tried);
      texts += 1;
      for (let at = 0; at + 3 <= lowered.length; at += 1) {
        const hash = trigram(lowered, at);
        if (there[hash] === 0 || seen[hash] === texts) continue;
        seen[hash] = texts;
        for (const tried of byTrigram[hash]!) look(tried);
      }
      return found;
    },
  };
}

/** The longest letters in a row that the lower case of every fitting text has. A letter's lower case may depend on those beside it. */
function lettersOf(pattern: Pattern, cased: boolean): string {
  const runs = pattern.flatMap((piece) => (typeof piece === 'string' ? (cased ? ascii(piece) : [lower(piece)]) : []));
  return runs.reduce((longest, run) => (run.length > longest.length ? run : longest), '');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is meant.
const ascii = (text: string): string[] => (text.match(/[\x00-\x7f]+/g) ?? []).map(lower);
