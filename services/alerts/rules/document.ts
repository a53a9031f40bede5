import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, type Scalar } from 'yaml';
import { Refused } from './fault.js';
import type { RuleLimits } from './limits.js';

/** A part of a rule's text. Offsets are in characters from the beginning of the whole text. */
export type Part = MapPart | ListPart | ScalarPart;

export interface MapPart {
  kind: 'map';
  offset: number;
  entries: readonly Entry[];
}

export interface Entry {
  key: string;
  offset: number;
  value: Part;
}

export interface ListPart {
  kind: 'list';
  offset: number;
  items: readonly Part[];
}

export interface ScalarPart {
  kind: 'scalar';
  offset: number;
  value: string | number | boolean | null;
  /** A text itself, a number as it was written. */
  text: string;
  /** Where the text's first character stands, when it is written without escapes or folds. */
  textOffset: number | undefined;
}

export interface TextDocument {
  root: Part;
  offset: number;
}

/** Documents that can be read and those that cannot, in their order. */
export interface Documents {
  documents: (TextDocument | { refused: Refused })[];
  positionOf(offset: number): { line: number; column: number };
}

/** Reads YAML 1.2, of which JSON is a part. Empty documents are left out. */
export function readDocuments(text: string, { limits }: { limits: RuleLimits }): Documents {
  const lines = new LineCounter();
  const positionOf = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  if (text.length > limits.textLength) {
    const refused = new Refused('limit', `a text of ${text.length} characters, at most ${limits.textLength}`, {
      offset: 0,
    });
    return { documents: [{ refused }], positionOf };
  }
  return { documents: parsed(text, lines, limits), positionOf };
}

function parsed(text: string, lineCounter: LineCounter, limits: RuleLimits): Documents['documents'] {
  const options = { lineCounter, prettyErrors: false, stringKeys: false, uniqueKeys: true, version: '1.2' } as const;
  let read: ReturnType<typeof parseAllDocuments>;
  try {
    read = parseAllDocuments(text, options);
  } catch (error) {
    // The parser calls itself for every level.
    if (!(error instanceof RangeError)) throw error;
    return [{ refused: new Refused('limit', 'lists and maps are too deep within each other', { offset: 0 }) }];
  }
  const toPart = partReader(text, limits);
  return [...read].flatMap((document): Documents['documents'] => {
    const [error] = document.errors;
    if (error) return [{ refused: new Refused('syntax', `no YAML: ${error.message}`, { offset: error.pos[0] }) }];
    if (!document.contents || (isScalar(document.contents) && document.contents.value === null)) return [];
    try {
      const root = toPart(document.contents as Node, 0);
      return [{ root, offset: root.offset }];
    } catch (refused) {
      if (!(refused instanceof Refused)) throw refused;
      return [{ refused }];
    }
  });
}

function partReader(text: string, limits: RuleLimits): (node: Node | null, depth: number) => Part {
  const entryOf = (key: unknown, value: unknown, depth: number, mapOffset: number): Entry => {
    const at = (key as Node | null)?.range?.[0] ?? mapOffset;
    if (!isScalar(key)) throw new Refused('invalid', 'a key has to be a plain name', { offset: at });
    const name = key.value === null ? '' : String(key.value);
    const part = value ? toPart(value as Node, depth + 1) : nothing(at);
    return { key: name, offset: at, value: part };
  };
  const toPart = (node: Node | null, depth: number): Part => {
    const offset = node?.range?.[0] ?? 0;
    if (depth > limits.depth) {
      throw new Refused('limit', `lists and maps within each other, more than ${limits.depth} deep`, { offset });
    }
    if (isMap(node)) {
      const entries = node.items.map(({ key, value }) => entryOf(key, value, depth, offset));
      return { kind: 'map', offset: entries[0]?.offset ?? offset, entries };
    }
    if (isSeq(node)) return { kind: 'list', offset, items: node.items.map((item) => toPart(item as Node, depth + 1)) };
    if (isAlias(node)) throw new Refused('unsupported', `the alias *${node.source}: write the value out`, { offset });
    return isScalar(node) ? scalarPart(node, text) : nothing(offset);
  };
  return toPart;
}

const nothing = (offset: number): ScalarPart => ({
  kind: 'scalar',
  offset,
  value: null,
  text: '',
  textOffset: undefined,
});

function scalarPart(node: Scalar, text: string): ScalarPart {
  const offset = node.range?.[0] ?? 0;
  const value = node.value as ScalarPart['value'] | bigint;
  const said = typeof value === 'string' ? value : value === null ? '' : (node.source ?? String(value));
  const textOffset = [offset, offset + 1].find((start) => text.startsWith(said, start));
  return { kind: 'scalar', offset, value: typeof value === 'bigint' ? Number(value) : value, text: said, textOffset };
}
