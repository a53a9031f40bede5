export interface Piece {
  kind: 'key' | 'comment' | 'text' | 'plain';
  text: string;
}

const parts =
  /(?<comment>(?:^|(?<=\s))#.*$)|(?<=^|[\s[{(,:!])(?<text>"(?:[^"\\]|\\.)*"?|'(?:[^']|'')*'?)|(?<key>[\w.|-]+(?=:(?:\s|$)))/g;

/** One line of YAML or JSON in pieces that look different. It reads nothing into them: the gateway does. */
export function piecesOf(line: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of line.matchAll(parts)) {
    if (match.index > at) pieces.push({ kind: 'plain', text: line.slice(at, match.index) });
    const { comment, text, key } = match.groups ?? {};
    at = match.index + match[0].length;
    // In JSON, and where YAML quotes them, names are texts with a colon behind.
    const named = text !== undefined && /^\s*:/.test(line.slice(at));
    const kind = comment !== undefined ? 'comment' : key !== undefined || named ? 'key' : 'text';
    pieces.push({ kind, text: match[0] });
  }
  if (at < line.length) pieces.push({ kind: 'plain', text: line.slice(at) });
  return pieces;
}
