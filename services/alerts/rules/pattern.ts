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
