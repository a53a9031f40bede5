import { FrontError } from './errors.js';
import type { Token } from './lexer.js';
import { oneStatement, pathLiteral, type Statement, type Text } from './statement.js';

/**
 * Reads an INSERT up to its data; `source` stands behind the INSERT keyword. Undefined for one without data in the
 * request: INSERT … SELECT, or a head that is not complete.
 */
export function readInsert({ text, source }: { text: Text; source: Iterator<Token> }): Statement | undefined {
  const next = (): Token | undefined => {
    const { value, done } = source.next();
    return done ? undefined : value;
  };
  let token = behindTarget({ text, next });
  let settingsAt: number | undefined;
  let selects = false;
  let input: InputCall | undefined;
  let previous: Token | undefined;
  for (; token !== undefined && token.kind !== 'semicolon'; previous = token, token = next()) {
    if (token.kind === 'open' && text.word(previous) === 'INPUT')
      input = { start: previous?.start ?? 0, end: token.end };
    const word = text.word(token);
    if (word === undefined || token.depth > 0 || text.bytes[(previous?.end ?? 0) - 1] === '.') continue;
    if (word === 'INFILE' && text.word(previous) === 'FROM') throw infileRefused();
    if (word === 'SELECT' || word === 'WITH' || word === 'WATCH') {
      selects = true;
    } else if (word === 'SETTINGS' && !selects) {
      settingsAt ??= token.start;
    } else if (word === 'VALUES' && !selects) {
      return fromFile({ text, settingsAt, behind: token, format: 'Values', dataStart: token.end });
    } else if (word === 'FORMAT' && (!selects || input)) {
      const name = next();
      if (name?.kind !== 'word') return undefined;
      const dataStart = startOfData({ bytes: text.bytes, behindName: name.end });
      const data = { text, behind: token, format: text.name(name), dataStart };
      return input ? fromInput({ ...data, input }) : fromFile({ ...data, settingsAt });
    }
  }
  if (token !== undefined) oneStatement([token, ...rest(source)]);
  return undefined;
}

/** Where `input(` stands. */
interface InputCall {
  readonly start: number;
  readonly end: number;
}

const infileRefused = (): FrontError =>
  new FrontError(
    78,
    'UNKNOWN_TYPE_OF_QUERY',
    'FROM INFILE would read a file beside the server: send the data in the request body instead.',
  );

/** Steps over `[INTO] [TABLE] name` or `[INTO] [TABLE] FUNCTION name`, whatever the table is called. */
function behindTarget({ text, next }: { text: Text; next: () => Token | undefined }): Token | undefined {
  let token = next();
  for (const optional of ['INTO', 'TABLE', 'FUNCTION']) {
    if (text.word(token) === optional) token = next();
  }
  return token === undefined ? undefined : next();
}

function* rest(source: Iterator<Token>): Generator<Token> {
  for (let step = source.next(); !step.done; step = source.next()) yield step.value;
}

/** Data start behind the first line break after the format's name, or behind its spaces: ClickHouse's parser's rule. */
function startOfData({ bytes, behindName }: { bytes: string; behindName: number }): number {
  let at = behindName;
  while (bytes[at] === ' ' || bytes[at] === '\t' || bytes[at] === '\f') at++;
  if (bytes[at] === ';') {
    throw new FrontError(62, 'SYNTAX_ERROR', "You have excessive ';' symbol before data for INSERT.");
  }
  if (bytes[at] === '\r') at++;
  if (bytes[at] === '\n') at++;
  return at;
}

interface Data {
  readonly text: Text;
  /** The FORMAT or VALUES keyword. */
  readonly behind: Token;
  readonly format: string;
  readonly dataStart: number;
}

function fromFile({
  text,
  settingsAt,
  behind,
  format,
  dataStart,
}: Data & { readonly settingsAt: number | undefined }): Statement {
  // FROM INFILE belongs in front of the other clauses.
  const cut = settingsAt ?? behind.start;
  return {
    kind: 'insert',
    dataStart,
    input: (path) =>
      text.sql(
        text.bytes.slice(0, cut),
        ` FROM INFILE ${pathLiteral(path)} COMPRESSION 'none' `,
        text.bytes.slice(cut, behind.start),
        ` FORMAT ${format}`,
      ),
  };
}

/** INSERT … SELECT … FROM input('columns') FORMAT …: the embedded engine's input() finds no data, file() does. */
function fromInput({ text, input, behind, format, dataStart }: Data & { readonly input: InputCall }): Statement {
  const isEmpty = /^\s*\)/.test(text.bytes.slice(input.end, behind.start));
  return {
    kind: 'insert',
    dataStart,
    input: (path) =>
      text.sql(
        text.bytes.slice(0, input.start),
        `file(${pathLiteral(path)}, '${format}'${isEmpty ? '' : ', '}`,
        text.bytes.slice(input.end, behind.start),
      ),
  };
}
