/** The texts that an event's JSON members were sent as, white space within included. */
export interface ContentTexts {
  details?: string;
  before?: string;
  after?: string;
}
export const contentMembers = ['details', 'before', 'after'] as const;

/** Levels of objects and arrays that a value may have: readers that recurse must not fall over what was logged. */
export const maxDepth = 64;

/**
 * Finds in a JSON text that has been parsed before (an event, or an array of events) the texts of their content members. Parsing and
 * writing JSON again would change what was said: 1.0, 12345678901234567890 and 1e400 come back as others.
 */
export function contentTexts(json: string): ContentTexts[] {
  const scanner = createScanner(json);
  return scanner.peek() === '[' ? scanner.elements(() => eventTexts(scanner)) : [eventTexts(scanner)];
}

/** How deep objects and arrays are nested in a JSON text that has been parsed before. */
export const jsonDepth = (json: string): number => createScanner(json).skip();

function eventTexts(scanner: Scanner): ContentTexts {
  const texts: ContentTexts = {};
  if (scanner.peek() !== '{') {
    scanner.skip();
    return texts;
  }
  scanner.members((name) => {
    const text = scanner.text();
    // As JSON.parse does it: of a member that is there twice the last one counts.
    if ((contentMembers as readonly string[]).includes(name)) texts[name as keyof ContentTexts] = text;
  });
  return texts;
}

interface Scanner {
  /** The next character that is no white space. */
  peek(): string | undefined;
  /** Passes over a value; returns how deep it is nested. */
  skip(): number;
  /** Passes over a value; returns its text. */
  text(): string;
  /** Over an array; `element` passes over each. */
  elements<T>(element: () => T): T[];
  /** Over an object; `value` passes over each member's value. */
  members(value: (name: string) => void): void;
}

function createScanner(json: string): Scanner {
  let at = 0;
  const peek = (): string | undefined => {
    while (' \t\n\r'.includes(json[at] ?? 'x')) at += 1;
    return json[at];
  };
  const string = (): void => {
    at += 1;
    while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
    at += 1;
  };
  const skip = (): number => {
    let depth = 0;
    let deepest = 0;
    do {
      const next = peek();
      if (next === '"') string();
      else if (next === '{' || next === '[') {
        depth += 1;
        deepest = Math.max(deepest, depth);
        at += 1;
      } else if (next === '}' || next === ']') {
        depth -= 1;
        at += 1;
      } else if (next === ',' || next === ':') at += 1;
      else while (at < json.length && !' \t\n\r,]}'.includes(json[at]!)) at += 1;
    } while (depth > 0 && at < json.length);
    return deepest;
  };
  const spanned = (pass: () => unknown): string => {
    peek();
    const start = at;
    pass();
    return json.slice(start, at);
  };
  /** From an opening bracket to its closing one. */
  const each = (close: string, item: () => void): void => {
    at += 1;
    while (peek() !== close && at < json.length) {
      item();
      if (peek() === ',') at += 1;
    }
    at += 1;
  };
  return {
    peek,
    skip,
    text: () => spanned(skip),
    elements(element) {
      const items: ReturnType<typeof element>[] = [];
      each(']', () => items.push(element()));
      return items;
    },
    members(value) {
      each('}', () => {
        const name = JSON.parse(spanned(string)) as string;
        peek();
        at += 1;
        value(name);
      });
    },
  };
}
