import { SealStop } from './errors.js';

/**
 * What is committed before anything is signed: the group's offset is the first record that is not in the tree, its metadata says of which
 * tree. The broker takes it from a member of the group's newest generation only, and so of two sealers only one signs.
 */
export interface SealedPosition {
  /** Of the topic, hex: offsets of another incarnation mean other records. Zeros for the registry. */
  incarnation: string;
  /** Offset of entry 0. */
  first: number;
  size: number;
  /** Of the tree of that size, hex. */
  root: string;
}

interface Written extends SealedPosition {
  v: 1;
}

/** JSON, so that `kafka-consumer-groups` and people can read it. */
export function encodePosition({ incarnation, first, size, root }: SealedPosition): string {
  const written: Written = { v: 1, incarnation, first, size, root };
  return JSON.stringify(written);
}

/** Strict. Throws `position_unreadable` for anything that `encodePosition` did not write. */
export function decodePosition(text: string): SealedPosition {
  try {
    const { v, incarnation, first, size, root } = JSON.parse(text) as Partial<Written>;
    if (v === 1 && isHex(incarnation, 32) && isCount(first) && isCount(size) && size > 0 && isHex(root, 64)) {
      return { incarnation, first, size, root };
    }
  } catch {
    // Said below.
  }
  throw new SealStop(
    'position_unreadable',
    `the sealer group's offset carries metadata that this version did not write: ${text.slice(0, 200)}. ` +
      'Another program commits to this group, or a newer version ran: give the sealer a group of its own or run the newer version.',
  );
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isHex = (value: unknown, digits: number): value is string =>
  typeof value === 'string' && value.length === digits && /^[0-9a-f]*$/.test(value);
