/** What ClickHouse's lexer takes as one token in which a semicolon or a comment mark means nothing. */
const TOKENS = [
  /--[^\n]*/y, // comment to the end of the line
  /#[ !][^\n]*/y, // likewise
  /\/\*[\s\S]*?(?:\*\/|$)/y,
  /'(?:[^'\\]|\\[\s\S]|'')*'/y, // strings double their quote or escape it
  /"(?:[^"\\]|\\[\s\S]|"")*"/y,
  /`(?:[^`\\]|\\[\s\S]|``)*`/y,
  /\$(\w*)\$[\s\S]*?\$\1\$/y, // heredoc
];
const COMMENT_TOKENS = 3;

/**
 * The statements of an SQL file, without comments and outer blanks. Semicolons inside strings, quoted names, heredocs
 * and comments do not split. Two files that differ in comments alone give the same statements.
 */
export function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  let statement = '';
  let position = 0;
  const end = () => {
    const text = statement.trim();
    if (text !== '') statements.push(text);
    statement = '';
  };
  while (position < sql.length) {
    const token = tokenAt(sql, position);
    if (token) {
      // A comment parts words like a blank does.
      statement += token.isComment ? ' ' : token.text;
      position += token.text.length;
      continue;
    }
    if (sql[position] === ';') end();
    else statement += sql[position];
    position += 1;
  }
  end();
  return statements;
}

function tokenAt(sql: string, position: number): { text: string; isComment: boolean } | undefined {
  for (const [index, token] of TOKENS.entries()) {
    token.lastIndex = position;
    const text = token.exec(sql)?.[0];
    if (text !== undefined) return { text, isComment: index < COMMENT_TOKENS };
  }
  return undefined;
}
