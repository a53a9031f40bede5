import { refuse } from './errors.js';

/** Hashes in a full tile, entries in a full bundle (C2SP tlog-tiles). */
export const tileWidth = 256;
const maxLevel = 63;

/** A file of a log: a tile of hashes, or a bundle of entries. `width` is 256 when full. */
export type TileName =
  | { kind: 'hashes'; level: number; index: number; width: number }
  | { kind: 'entries'; index: number; width: number };

/** `tile/0/x001/x234/067`, or `….p/8` when partial. Relative to the log's prefix. */
export function tilePath(level: number, index: number, width: number = tileWidth): string {
  if (!Number.isInteger(level) || level < 0 || level > maxLevel) refuse('bad_tile', `tile level ${level}: not 0 to 63`);
  return `tile/${level}/${indexPath(index, width)}`;
}

/** `tile/entries/x001/x234/067`, or `….p/8` when partial. */
export const bundlePath = (index: number, width: number = tileWidth): string =>
  `tile/entries/${indexPath(index, width)}`;

/** What a path names, or undefined when it is none that `tilePath` or `bundlePath` gives. */
export function parseTilePath(path: string): TileName | undefined {
  const match = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/.exec(path);
  if (!match) return undefined;
  const [, level, digits, partial] = match;
  const index = Number(digits!.replaceAll(/[x/]/g, ''));
  const width = partial === undefined ? tileWidth : Number(partial);
  if (!Number.isSafeInteger(index) || width < 1 || (partial !== undefined && width >= tileWidth)) return undefined;
  const name: TileName =
    level === 'entries' ? { kind: 'entries', index, width } : { kind: 'hashes', level: Number(level), index, width };
  if (name.kind === 'hashes' && name.level > maxLevel) return undefined;
  // Leading zeros and needless path elements would be second names of the same tile.
  return pathOf(name) === path ? name : undefined;
}

export const pathOf = (name: TileName): string =>
  name.kind === 'entries' ? bundlePath(name.index, name.width) : tilePath(name.level, name.index, name.width);

/** How many hashes the tile has in a tree of this size: 0 when the tree does not reach it, 256 when full. */
export function widthAt(level: number, index: number, size: number): number {
  const beyond = Math.floor(size / tileWidth ** level) - index * tileWidth;
  return Math.max(0, Math.min(tileWidth, beyond));
}

/** The partial tiles of a tree of this size, lowest level first: those that its checkpoint needs beside the full ones. */
export function partialTiles(size: number): { level: number; index: number; width: number }[] {
  const tiles: { level: number; index: number; width: number }[] = [];
  for (let level = 0, width = size; width > 0; level += 1, width = Math.floor(width / tileWidth)) {
    if (width % tileWidth > 0) {
      tiles.push({ level, index: Math.floor(width / tileWidth), width: width % tileWidth });
    }
  }
  return tiles;
}

function indexPath(index: number, width: number): string {
  if (!Number.isSafeInteger(index) || index < 0) refuse('bad_tile', `tile index ${index}: not 0 to 2^53 − 1`);
  if (!Number.isInteger(width) || width < 1 || width > tileWidth)
    refuse('bad_tile', `tile width ${width}: not 1 to 256`);
  const digits = String(index);
  const elements = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/[0-9]{3}/g)!;
  const path = elements.map((element, at) => (at < elements.length - 1 ? `x${element}` : element)).join('/');
  return width === tileWidth ? path : `${path}.p/${width}`;
}
