/** Any run of characters (`*`), and any one character (`?`). Numbers, so that a pattern is plain data. */
export const anyRun = 0;
export const anyOne = 1;

/** Literal texts and wildcards. No two texts and no two `*` stand beside each other. */
export type Piece = string | typeof anyRun | typeof anyOne;
export type Pattern = readonly Piece[];

/** The text of a pattern without wildcards. */
export function plainText(pattern: Pattern): string | undefined {
  if (pattern.length === 0) return '';
  return pattern.length === 1 && typeof pattern[0] === 'string' ? pattern[0] : undefined;
}

const isWild = (char: string | undefined): boolean => char === '*' || char === '?';

/**
 * A Sigma text: `*` and `?` are wildcards unless a backslash stands before them, `\\` is a backslash, and any other backslash is itself.
 */
export function parsePattern(text: string): Pattern {
  const pieces: Piece[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]!;
    const next = text[at + 1];
    if (char === '\\' && (isWild(next) || next === '\\')) {
      pieces.push(next!);
      at += 1;
    } else pieces.push(char === '*' ? anyRun : char === '?' ? anyOne : char);
  }
  return joined(pieces);
}

/** Without wildcards, whatever the text holds. */
export const literalPattern = (text: string): Pattern => (text === '' ? [] : [text]);

export function joined(pieces: readonly Piece[]): Pattern {
  const result: Piece[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (typeof piece === 'string') {
      if (piece === '') continue;
      if (typeof last === 'string') result[result.length - 1] = last + piece;
      else result.push(piece);
    } else if (!(piece === anyRun && last === anyRun)) result.push(piece);
  }
  return result;
}

export const startsWith = (pattern: Pattern): Pattern => joined([...pattern, anyRun]);
export const endsWith = (pattern: Pattern): Pattern => joined([anyRun, ...pattern]);
export const contains = (pattern: Pattern): Pattern => joined([anyRun, ...pattern, anyRun]);

export const wildcards = (pattern: Pattern): number => pattern.filter((piece) => typeof piece === 'number').length;

/** Letters in any case are the same, as in ClickHouse's lowerUTF8. */
export const lower = (text: string): string => text.toLowerCase();

/**
 * Whether the whole text is as the pattern says. After a `*` the next literal is looked for from the left on and only the last `*` is ever
 * lengthened, so that the time is at most the product of the lengths.
 */
export function isLike(pattern: Pattern, text: string): boolean {
  let piece = 0;
  let at = 0;
  let retry: { piece: number; at: number } | undefined;
  for (;;) {
    const wanted = pattern[piece];
    if (wanted === undefined && at === text.length) return true;
    if (wanted === anyRun) {
      if (piece === pattern.length - 1) return true;
      retry = { piece, at };
      piece += 1;
      continue;
    }
    const length = wanted === undefined ? -1 : lengthAt(wanted, text, at);
    if (length >= 0) {
      at += length;
      piece += 1;
      continue;
    }
    if (!retry) return false;
    const next = nextStart(pattern[retry.piece + 1]!, text, retry.at);
    if (next === undefined) return false;
    retry.at = next;
    at = next;
    piece = retry.piece + 1;
  }
}

/** How far the piece reaches at this place, -1 where it does not stand here. A character is a code point. */
function lengthAt(piece: Piece, text: string, at: number): number {
  if (typeof piece === 'string') return text.startsWith(piece, at) ? piece.length : -1;
  return at < text.length ? charLength(text, at) : -1;
}

const charLength = (text: string, at: number): number => (text.codePointAt(at)! > 0xffff ? 2 : 1);

/** The next place after `at` where the piece behind a `*` may stand. */
function nextStart(piece: Piece, text: string, at: number): number | undefined {
  if (at >= text.length) return undefined;
  const from = at + charLength(text, at);
  if (typeof piece !== 'string') return from;
  const found = text.indexOf(piece, from);
  return found < 0 ? undefined : found;
}
