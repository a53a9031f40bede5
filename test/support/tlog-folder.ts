import {
  appendEntries,
  bundlePath,
  emptyEdge,
  type LogEdge,
  type ReadTile,
  type TreeHasher,
  tilePath,
} from '../../services/core/tlog/index.js';

/** A log's folder in memory: what the tile writer gave, read back by path. */
export function createTlogFolder({ hasher }: { hasher: TreeHasher }): {
  readonly files: Map<string, Uint8Array>;
  readonly edge: LogEdge;
  append(entries: Uint8Array[]): void;
  readTile: ReadTile;
  readBundle(index: number, width: number): Promise<Uint8Array>;
} {
  const files = new Map<string, Uint8Array>();
  let edge = emptyEdge;
  const read = async (path: string): Promise<Uint8Array> => {
    const bytes = files.get(path);
    if (!bytes) throw new Error(`no file ${path}`);
    return bytes;
  };
  return {
    files,
    get edge() {
      return edge;
    },
    append(entries) {
      const appended = appendEntries({ hasher, edge, entries });
      for (const { path, bytes } of appended.files) files.set(path, new Uint8Array(bytes));
      edge = appended.edge;
    },
    readTile: (level, index, width) => read(tilePath(level, index, width)),
    readBundle: (index, width) => read(bundlePath(index, width)),
  };
}
