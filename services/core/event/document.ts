import type { WireContent, WireEvent } from '../wire/event.js';

/** A JSON document of an event. */
export type JsonColumn = 'details' | 'before' | 'after';

/** Parsed once per event, however many filters and rules look at it. */
const parsed = new WeakMap<WireContent, Partial<Record<JsonColumn, unknown>>>();

/** What the document says; undefined where it is no JSON, or holds what JavaScript reads and ClickHouse does not. */
export function documentOf({ content }: WireEvent, column: JsonColumn): unknown {
  let documents = parsed.get(content);
  if (!documents) {
    documents = {};
    parsed.set(content, documents);
  }
  if (!(column in documents)) documents[column] = parseDocument(content[column]);
  return documents[column];
}

const textLiteral = /"(?:[^"\\]|\\.)*"/g;
/** Only with one of these can a document hold what JavaScript reads and ClickHouse does not. */
const suspicious = /\d{19}|\d[eE]|\\u[dD][89a-fA-F]/;

function parseDocument(text: string): unknown {
  if (text === '') return undefined;
  try {
    const document: unknown = JSON.parse(text);
    return suspicious.test(text) && !isReadable(text) ? undefined : document;
  } catch {
    return undefined;
  }
}

function isReadable(text: string): boolean {
  const texts = text.match(textLiteral) ?? [];
  if (!texts.every((literal) => (JSON.parse(literal) as string).isWellFormed())) return false;
  const numbers = text.replace(textLiteral, '""').match(/-?\d[\d.eE+-]*/g) ?? [];
  return numbers.every((number) =>
    /[.eE]/.test(number)
      ? Number.isFinite(Number(number))
      : BigInt(number) >= -(2n ** 63n) && BigInt(number) < 2n ** 64n,
  );
}
