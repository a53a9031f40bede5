import { anyOne, anyRun, type Pattern, type Piece } from './syntax.js';

/** In any case, as both ClickHouse's lowerUTF8 and JavaScript write it: by Unicode's full mapping. */
export const lower = (text: string): string => text.toLowerCase();

export const lowerPattern = (pattern: Pattern): Pattern =>
  pattern.map((piece) => (typeof piece === 'string' ? lower(piece) : piece));

/** For LIKE, where `%` is any run and `_` any one character. */
export const likeOf = (pattern: Pattern): string =>
  pattern.map((piece) => (piece === anyRun ? '%' : piece === anyOne ? '_' : piece.replace(/[\\%_]/g, '\\$&'))).join('');

/** The longest stretch between wildcards; empty where there is none. */
export const longestRun = (pattern: Pattern): string =>
  pattern.reduce<string>(
    (longest, piece) => (typeof piece === 'string' && piece.length > longest.length ? piece : longest),
    '',
  );

/**
 * Whether the whole text is as the pattern says. Each run is tried from its shortest on and only the last one is ever lengthened, so
 * that the time is at most the product of the lengths.
 */
export function isLike(pattern: Pattern, text: string): boolean {
  const tokens: readonly Piece[] = pattern.flatMap((piece): Piece[] =>
    typeof piece === 'string' ? [...piece] : [piece],
  );
  const chars = [...text];
  let token = 0;
  let char = 0;
  let run: { token: number; char: number } | undefined;
  while (char < chars.length) {
    const wanted = tokens[token];
    if (wanted === anyRun) {
      run = { token, char };
      token += 1;
    } else if (wanted === anyOne || (wanted !== undefined && wanted === chars[char])) {
      token += 1;
      char += 1;
    } else if (run) {
      run.char += 1;
      token = run.token + 1;
      char = run.char;
    } else return false;
  }
  while (tokens[token] === anyRun) token += 1;
  return token === tokens.length;
}
