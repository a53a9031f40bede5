import { UnreadableBundle } from './failures.js';

/** Reads JSON by its exact shape: a member too many or too few makes it unreadable, and the error says where. */
export interface JsonReader {
  object<K extends string>(value: unknown, at: string, members: readonly K[]): Record<K, unknown>;
  list<T>(value: unknown, at: string, most: number, item: (value: unknown, at: string) => T): T[];
  text(value: unknown, at: string, most: number): string;
  number(value: unknown, at: string, most?: number): number;
  bytes(value: unknown, at: string, most: number, exactly?: number): Uint8Array;
}

export function unreadable(at: string, detail: string): never {
  throw new UnreadableBundle(`no bundle that can be read: ${at} ${detail}`);
}

export function createJsonReader(fromBase64: (text: string) => Uint8Array | undefined): JsonReader {
  const text: JsonReader['text'] = (value, at, most) => {
    if (typeof value !== 'string') unreadable(at, 'is no text');
    if (value.length > most) unreadable(at, `has ${value.length} characters, at most ${most}`);
    return value;
  };
  return {
    text,
    object(value, at, members) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) unreadable(at, 'is no object');
      const names = Object.keys(value);
      const missing = members.find((name) => !Object.hasOwn(value, name));
      if (missing !== undefined) unreadable(at, `has no member ${JSON.stringify(missing)}`);
      const strange = names.find((name) => !(members as readonly string[]).includes(name));
      if (strange !== undefined) unreadable(at, `has a member ${JSON.stringify(strange.slice(0, 40))} too many`);
      return value as Record<(typeof members)[number], unknown>;
    },
    list(value, at, most, item) {
      if (!Array.isArray(value)) unreadable(at, 'is no list');
      if (value.length > most) unreadable(at, `has ${value.length} items, at most ${most}`);
      return value.map((one, index) => item(one, `${at}[${index}]`));
    },
    number(value, at, most = Number.MAX_SAFE_INTEGER) {
      if (typeof value !== 'number' || !Number.isSafeInteger(value) || Object.is(value, -0)) {
        unreadable(at, 'is no whole number');
      }
      if (value < 0 || value > most) unreadable(at, `is ${value}: not 0 to ${most}`);
      return value;
    },
    bytes(value, at, most, exactly) {
      const bytes = fromBase64(text(value, at, Math.ceil(most / 3) * 4));
      if (!bytes) unreadable(at, 'is not in standard Base64');
      if (bytes.length > most) unreadable(at, `has ${bytes.length} bytes, at most ${most}`);
      if (exactly !== undefined && bytes.length !== exactly)
        unreadable(at, `has ${bytes.length} bytes, not ${exactly}`);
      return bytes;
    },
  };
}
