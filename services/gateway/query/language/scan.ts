import { anyOne, anyRun, type FieldPath, type Piece, QueryFault, type Value } from './syntax.js';

const endsWord = /[\s()]/;
const segment = '(?:[A-Za-z0-9_@$-]+|"(?:[^"\\\\]|\\\\.)*")';
const fieldPath = new RegExp(`([A-Za-z_][A-Za-z0-9_-]*)((?:\\.${segment})*):`, 'y');
const segments = new RegExp(`\\.(${segment})`, 'g');
/** Beyond this a pattern is no search but an attack on it. */
const maxWildcards = 16;

/** Reads the parts of a query text one after the other. */
export interface Scanner {
  /** Where the next part begins. */
  readonly at: number;
  skipSpace(): void;
  /** Whether the text goes on like this. Does not move. */
  sees(text: string): boolean;
  /** Whether the word comes next and ends there. Does not move. */
  seesWord(word: string): boolean;
  atEnd(): boolean;
  /** Moves behind the text where it comes next. */
  take(text: string): boolean;
  takeField(): FieldPath | undefined;
  /** Throws QueryFault where there is no value. `stop` ends a word, too. */
  takeValue(stop?: string): Value;
}

export function createScanner(text: string): Scanner {
  let at = 0;

  const sees = (expected: string): boolean => text.startsWith(expected, at);

  const takeQuoted = (): Value => {
    const start = at;
    let said = '';
    for (at += 1; at < text.length; at += 1) {
      const char = text[at]!;
      if (char === '"') {
        at += 1;
        if (said === '') throw new QueryFault('the quotes are empty', { start, end: at });
        return { pattern: [said], quoted: true, start, end: at };
      }
      if (char === '\\' && (text[at + 1] === '"' || text[at + 1] === '\\')) at += 1;
      said += text[at];
    }
    throw new QueryFault('the quote is never closed', { start, end: text.length });
  };

  const takeWord = (stop: string | undefined): Value => {
    const start = at;
    const pattern: Piece[] = [];
    const addText = (char: string): void => {
      const last = pattern.at(-1);
      if (typeof last === 'string') pattern[pattern.length - 1] = last + char;
      else pattern.push(char);
    };
    for (; at < text.length && !endsWord.test(text[at]!) && text[at] !== stop; at += 1) {
      const char = text[at]!;
      if (char === '"')
        throw new QueryFault('a quote in the middle of a word; write \\" or put a space', { start: at, end: at + 1 });
      if (char === '\\') {
        at += 1;
        if (at === text.length) throw new QueryFault('a backslash that escapes nothing', { start: at - 1, end: at });
        addText(text[at]!);
      } else if (char === '*') {
        if (pattern.at(-1) !== anyRun) pattern.push(anyRun);
      } else if (char === '?') pattern.push(anyOne);
      else addText(char);
    }
    if (pattern.length === 0)
      throw new QueryFault('a value is missing', { start, end: Math.min(start + 1, text.length) });
    if (pattern.filter((piece) => typeof piece !== 'string').length > maxWildcards) {
      throw new QueryFault(`more than ${maxWildcards} wildcards in one word`, { start, end: at });
    }
    return { pattern, quoted: false, start, end: at };
  };

  return {
    get at() {
      return at;
    },
    skipSpace() {
      while (at < text.length && /\s/.test(text[at]!)) at += 1;
    },
    sees,
    seesWord: (word) => sees(word) && (at + word.length === text.length || endsWord.test(text[at + word.length]!)),
    atEnd: () => at >= text.length,
    take(expected) {
      if (!sees(expected)) return false;
      at += expected.length;
      return true;
    },
    takeField() {
      fieldPath.lastIndex = at;
      const found = fieldPath.exec(text);
      if (!found) return undefined;
      const start = at;
      at += found[0].length;
      const below = [...found[2]!.matchAll(segments)].map(([, name]) =>
        name!.startsWith('"') ? name!.slice(1, -1).replace(/\\(["\\])/g, '$1') : name!,
      );
      return { name: found[1]!, below, start, end: at - 1 };
    },
    takeValue: (stop) => (sees('"') ? takeQuoted() : takeWord(stop)),
  };
}
