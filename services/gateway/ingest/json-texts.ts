/** A JSON value as it was sent, white space within included. */
export interface JsonText {
  text: string;
  /** Levels of objects and arrays. */
  depth: number;
}
export type ContentTexts = Partial<Record<(typeof contentMembers)[number], JsonText>>;
export const contentMembers = ['details', 'before', 'after'] as const;

/** Levels that a content value may have: readers that recurse must not fall over what was logged. */
export const maxDepth = 64;

/**
 * Finds in a JSON text that has been parsed before (an event, or an array of events) the texts of their content members. Parsing and
 * writing JSON again would change what was said: 1.0, 12345678901234567890 and 1e400 come back as others.
 */
export function contentTexts(json: string): ContentTexts[] {
  const scanner = createScanner(json);
  return scanner.peek() === code.openArray ? scanner.elements(() => eventTexts(scanner)) : [eventTexts(scanner)];
}

/** How deep objects and arrays are nested in a JSON text that has been parsed before. */
export const jsonDepth = (json: string): number => createScanner(json).value().depth;

function eventTexts(scanner: Scanner): ContentTexts {
  const texts: ContentTexts = {};
  if (scanner.peek() !== code.openObject) {
    scanner.value();
    return texts;
  }
  scanner.members((name) => {
    const value = scanner.value();
    // As JSON.parse does it: of a member that is there twice the last one counts.
    if ((contentMembers as readonly string[]).includes(name)) texts[name as keyof ContentTexts] = value;
  });
  return texts;
}

const code = {
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  openArray: 0x5b,
  backslash: 0x5c,
  closeArray: 0x5d,
  openObject: 0x7b,
  closeObject: 0x7d,
} as const;

interface Scanner {
  /** The code of the next character that is no white space; NaN at the end. */
  peek(): number;
  /** Passes over a value. */
  value(): JsonText;
  /** Over an array; `element` passes over each. */
  elements<T>(element: () => T): T[];
  /** Over an object; `value` passes over each member's value. */
  members(value: (name: string) => void): void;
}

function createScanner(json: string): Scanner {
  let at = 0;
  const peek = (): number => {
    for (;;) {
      const next = json.charCodeAt(at);
      if (next !== 0x20 && next !== 0x0a && next !== 0x0d && next !== 0x09) return next;
      at += 1;
    }
  };
  const string = (): string => {
    const start = at;
    for (at += 1; at < json.length; at += 1) {
      const next = json.charCodeAt(at);
      if (next === code.quote) break;
      if (next === code.backslash) at += 1;
    }
    at += 1;
    return json.slice(start, at);
  };
  /** A number, true, false or null. */
  const word = (): void => {
    // Letters, digits, '+', '-' and '.': anything else ends it.
    while (/[\w+.-]/.test(json[at] ?? '')) at += 1;
  };
  const value = (): JsonText => {
    let depth = 0;
    let deepest = 0;
    let next = peek();
    const start = at;
    do {
      if (next === code.quote) string();
      else if (next === code.openArray || next === code.openObject) {
        depth += 1;
        if (depth > deepest) deepest = depth;
        at += 1;
      } else if (next === code.closeArray || next === code.closeObject) {
        depth -= 1;
        at += 1;
      } else if (next === code.comma || next === code.colon) at += 1;
      else word();
      if (depth > 0) next = peek();
    } while (depth > 0 && at < json.length);
    return { text: json.slice(start, at), depth: deepest };
  };
  /** From an opening bracket to its closing one. */
  const each = (close: number, item: () => void): void => {
    at += 1;
    while (peek() !== close && at < json.length) {
      item();
      if (peek() === code.comma) at += 1;
    }
    at += 1;
  };
  return {
    peek,
    value,
    elements(element) {
      const items: ReturnType<typeof element>[] = [];
      each(code.closeArray, () => items.push(element()));
      return items;
    },
    members(passValue) {
      each(code.closeObject, () => {
        const name = JSON.parse(string()) as string;
        peek();
        at += 1;
        passValue(name);
      });
    },
  };
}
