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
  /** Where FROM INFILE belongs: in front of SETTINGS, SELECT, FORMAT and VALUES. */
  let clausesAt: number | undefined;
  let selects = false;
  let readsInput = false;
  let previous: Token | undefined;
  for (; token !== undefined && token.kind !== 'semicolon'; previous = token, token = next()) {
    const word = text.word(token);
    if (word === 'INPUT') readsInput = true;
    if (word === undefined || token.depth > 0 || text.bytes[(previous?.end ?? 0) - 1] === '.') continue;
    if (word === 'INFILE' && text.word(previous) === 'FROM') throw infileRefused();
    if (word === 'SELECT' || word === 'WITH' || word === 'WATCH') {
      selects = true;
      clausesAt ??= token.start;
    } else if (word === 'SETTINGS' && !selects) {
      clausesAt ??= token.start;
    } else if (word === 'VALUES' && !selects) {
      return withData({ text, clausesAt, behind: token, format: 'Values', dataStart: token.end });
    } else if (word === 'FORMAT' && (!selects || readsInput)) {
      const name = next();
      if (name?.kind !== 'word') return undefined;
      const dataStart = startOfData({ bytes: text.bytes, behindName: name.end });
      return withData({ text, clausesAt, behind: token, format: text.name(name), dataStart });
    }
  }
  if (token !== undefined) oneStatement([token, ...rest(source)]);
  return undefined;
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

function withData({
  text,
  clausesAt,
  behind,
  format,
  dataStart,
}: {
  text: Text;
  clausesAt: number | undefined;
  /** The FORMAT or VALUES keyword. */
  behind: Token;
  format: string;
  dataStart: number;
}): Statement {
  const cut = clausesAt ?? behind.start;
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
