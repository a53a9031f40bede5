export interface Token {
  readonly kind: 'word' | 'quoted' | 'text' | 'number' | 'semicolon' | 'open' | 'close' | 'other';
  readonly start: number;
  /** One past the last character. */
  readonly end: number;
  /** How many brackets are open around it; a bracket counts as outside of itself. */
  readonly depth: number;
}

const SPACE = /\s/;
const WORD_START = /[A-Za-z_\u0080-\uffff]/;
const WORD = /[A-Za-z0-9_\u0080-\uffff]/;
const DIGIT = /[0-9]/;

function endOfQuoted(sql: string, start: number): number {
  const quote = sql[start];
  for (let at = start + 1; at < sql.length; at++) {
    if (sql[at] === '\\') at++;
    else if (sql[at] === quote) {
      if (sql[at + 1] !== quote) return at + 1;
      at++;
    }
  }
  return sql.length;
}

const endOfLine = (sql: string, start: number): number => {
  const found = sql.indexOf('\n', start);
  return found < 0 ? sql.length : found + 1;
};

/** The end of a comment that starts here, or undefined. ClickHouse knows `--`, `#!`, `# ` and C comments. */
function endOfComment(sql: string, at: number): number | undefined {
  const two = sql.slice(at, at + 2);
  if (two === '--' || two === '#!' || two === '# ') return endOfLine(sql, at);
  if (two !== '/*') return undefined;
  const found = sql.indexOf('*/', at + 2);
  return found < 0 ? sql.length : found + 2;
}

/** The end of a here-document (`$tag$ … $tag$`) that starts here, or undefined. */
function endOfHeredoc(sql: string, at: number): number | undefined {
  const opening = /\$\w*\$/y;
  opening.lastIndex = at;
  const tag = opening.exec(sql)?.[0];
  if (tag === undefined) return undefined;
  const found = sql.indexOf(tag, at + tag.length);
  return found < 0 ? undefined : found + tag.length;
}

function endWhile(sql: string, start: number, matches: RegExp): number {
  let at = start;
  while (at < sql.length && matches.test(sql[at] as string)) at++;
  return at;
}

/**
 * Splits a statement into tokens by ClickHouse's lexical rules, lazily: whoever reads an INSERT stops at its data, which
 * follows no such rules. Malformed text yields some tokens, never an error; the engine's parser has the last word.
 */
export function* tokens(sql: string): Generator<Token> {
  let depth = 0;
  let at = 0;
  while (at < sql.length) {
    const char = sql[at] as string;
    const start = at;
    const comment = endOfComment(sql, at);
    if (comment !== undefined) {
      at = comment;
    } else if (SPACE.test(char)) {
      at++;
    } else if (char === "'" || char === '"' || char === '`') {
      at = endOfQuoted(sql, at);
      yield { kind: char === "'" ? 'text' : 'quoted', start, end: at, depth };
    } else if (WORD_START.test(char)) {
      at = endWhile(sql, at, WORD);
      yield { kind: 'word', start, end: at, depth };
    } else if (DIGIT.test(char)) {
      at = endWhile(sql, at, WORD);
      yield { kind: 'number', start, end: at, depth };
    } else if (char === '(' || char === '[' || char === '{') {
      at++;
      yield { kind: 'open', start, end: at, depth };
      depth++;
    } else if (char === ')' || char === ']' || char === '}') {
      at++;
      depth--;
      yield { kind: 'close', start, end: at, depth };
    } else if (char === ';') {
      at++;
      yield { kind: 'semicolon', start, end: at, depth };
    } else {
      const heredoc = char === '$' ? endOfHeredoc(sql, at) : undefined;
      at = heredoc ?? at + 1;
      yield { kind: heredoc === undefined ? 'other' : 'text', start, end: at, depth };
    }
  }
}
