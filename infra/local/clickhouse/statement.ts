import { FrontError } from './errors.js';
import { readInsert } from './insert-statement.js';
import { type Token, tokens } from './lexer.js';
import { CLIENT_QUERY_ID } from './preparation.js';

/** What the front must know of a statement to carry its data in or its rows out. The engine parses all the rest. */
export type Statement =
  | { readonly kind: 'empty' }
  /** Gives rows. `output` writes the statement so that its rows go to a file. */
  | { readonly kind: 'rows'; readonly format: string | undefined; output(path: string): string }
  /** Takes data that start at byte `dataStart`. `input` writes the statement so that its data come from a file. */
  | { readonly kind: 'insert'; readonly dataStart: number; input(path: string): string }
  /** Everything else: runs as it is. */
  | { readonly kind: 'plain'; readonly sql: string };

const GIVES_ROWS = new Set([
  'SELECT',
  'WITH',
  'FROM',
  'SHOW',
  'DESCRIBE',
  'DESC',
  'EXISTS',
  'EXPLAIN',
  'CHECK',
  'KILL',
]);

/** A statement's bytes as text with one character per byte, so that positions in it are positions in the bytes. */
export interface Text {
  readonly bytes: string;
  /** The upper-cased word, where the token is one. */
  word(token: Token | undefined): string | undefined;
  /** A name without its quotes. */
  name(token: Token): string;
  sql(...parts: readonly string[]): string;
}

function textOf(statement: Buffer): Text {
  const bytes = statement.toString('latin1');
  const slice = ({ start, end }: Token): string => bytes.slice(start, end);
  return {
    bytes,
    word: (token) => (token?.kind === 'word' ? slice(token).toUpperCase() : undefined),
    name: (token) => slice(token).replace(/^[`"]|[`"]$/g, ''),
    sql: (...parts) => Buffer.from(parts.join(''), 'latin1').toString('utf8'),
  };
}

/** A path as an SQL string, in the one-character-per-byte form. */
export const pathLiteral = (path: string): string =>
  `'${Buffer.from(path.replace(/[\\']/g, '\\$&')).toString('latin1')}'`;

/**
 * Reads a statement, of which an INSERT may have its data behind it; those are not looked at.
 *
 * Throws SYNTAX_ERROR for a second statement and INTO_OUTFILE_NOT_ALLOWED for what would write a file beside the server:
 * ClickHouse's HTTP interface refuses both.
 */
export function readStatement(statement: Buffer): Statement {
  const text = textOf(statement);
  const source = tokens(text.bytes);
  const read: Token[] = [];
  for (const token of source) {
    read.push(token);
    if (!opensInsert({ text, read })) continue;
    return readInsert({ text, source }) ?? { kind: 'plain', sql: text.sql(text.bytes) };
  }
  const body = oneStatement(read);
  const [first] = body;
  if (first === undefined) return { kind: 'empty' };
  if (text.word(first) === 'KILL') return readKill({ text, body });
  const givesRows = first.kind === 'open' || GIVES_ROWS.has(text.word(first) ?? '');
  return givesRows ? readRows({ text, body }) : { kind: 'plain', sql: text.sql(text.bytes) };
}

/** At the keyword INSERT at the start, or at the INTO of `WITH … INSERT INTO`. */
function opensInsert({ text, read }: { text: Text; read: readonly Token[] }): boolean {
  const last = read.at(-1) as Token;
  if (read.length === 1) return text.word(last) === 'INSERT';
  const behindWith = last.depth === 0 && text.word(read[0]) === 'WITH';
  return behindWith && text.word(last) === 'INTO' && text.word(read.at(-2)) === 'INSERT';
}

/** The tokens without closing semicolons. */
export function oneStatement(all: readonly Token[]): readonly Token[] {
  const cut = all.findIndex((token) => token.kind === 'semicolon');
  if (cut < 0) return all;
  if (all.slice(cut).every((token) => token.kind === 'semicolon')) return all.slice(0, cut);
  throw new FrontError(
    62,
    'SYNTAX_ERROR',
    'Syntax error (Multi-statements are not allowed): send one statement per request.',
  );
}

function readRows({ text, body }: { text: Text; body: readonly Token[] }): Statement {
  const outfile = body.findIndex((token, at) => text.word(token) === 'INTO' && text.word(body[at + 1]) === 'OUTFILE');
  if (outfile >= 0) throw new FrontError(358, 'INTO_OUTFILE_NOT_ALLOWED', 'INTO OUTFILE is not allowed');
  const at = closingFormat({ text, body });
  const end = (body.at(-1) as Token).end;
  const cut = at === undefined ? end : (body[at] as Token).start;
  return {
    kind: 'rows',
    format: at === undefined ? undefined : text.name(body[at + 1] as Token),
    output: (path) =>
      text.sql(text.bytes.slice(0, cut), `\nINTO OUTFILE ${pathLiteral(path)} APPEND `, text.bytes.slice(cut, end)),
  };
}

/** `query_id` in KILL QUERY means the id that the client gave. */
function readKill({ text, body }: { text: Text; body: readonly Token[] }): Statement {
  let from = 0;
  const parts: string[] = [];
  for (const token of body) {
    if (text.word(token) !== 'QUERY_ID') continue;
    parts.push(text.bytes.slice(from, token.start), CLIENT_QUERY_ID);
    from = token.end;
  }
  const rewritten = textOf(Buffer.from([...parts, text.bytes.slice(from)].join(''), 'latin1'));
  return readRows({ text: rewritten, body: oneStatement([...tokens(rewritten.bytes)]) });
}

/** Where a closing `FORMAT name [SETTINGS …]` starts. A column or an alias called format is followed by other things. */
function closingFormat({ text, body }: { text: Text; body: readonly Token[] }): number | undefined {
  for (let at = body.length - 2; at >= 1; at--) {
    if (body[at]?.depth !== 0 || text.word(body[at]) !== 'FORMAT') continue;
    const kind = body[at + 1]?.kind;
    const closes = at + 2 === body.length || text.word(body[at + 2]) === 'SETTINGS';
    return (kind === 'word' || kind === 'quoted') && closes ? at : undefined;
  }
  return undefined;
}
