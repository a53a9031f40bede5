import { refuse } from './errors.js';

const maxEntryBytes = 65_535;

/** Entries as tlog-tiles serves them: each after its length in two bytes, big-endian. */
export function encodeBundle(entries: Uint8Array[]): Uint8Array {
  let length = 0;
  for (const entry of entries) {
    if (entry.length > maxEntryBytes) {
      refuse('bad_bundle', `an entry of ${entry.length} bytes; a bundle holds entries of at most ${maxEntryBytes}`);
    }
    length += 2 + entry.length;
  }
  const bundle = new Uint8Array(length);
  let at = 0;
  for (const entry of entries) {
    bundle[at] = entry.length >> 8;
    bundle[at + 1] = entry.length & 0xff;
    bundle.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return bundle;
}

/** The entries, as views of the bundle. Strict: throws `bad_bundle` unless there are exactly `width` and nothing after them. */
export function decodeBundle(bundle: Uint8Array, width: number): Uint8Array[] {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (entries.length < width) {
    const start = at + 2;
    const length = start <= bundle.length ? bundle[at]! * 256 + bundle[at + 1]! : 0;
    if (start > bundle.length || start + length > bundle.length) {
      refuse('bad_bundle', `the bundle of ${bundle.length} bytes ends within entry ${entries.length} of ${width}`);
    }
    entries.push(bundle.subarray(start, start + length));
    at = start + length;
  }
  if (at !== bundle.length)
    refuse('bad_bundle', `${bundle.length - at} bytes after the ${width} entries of the bundle`);
  return entries;
}
