import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { sha256 } from '../../core/seal/index.js';
import type { ContentCoding } from '../http/content-coding.js';

/** A file of the console's build, held in memory: all of them together are well below a megabyte. */
export interface PageFile {
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly compressed: Partial<Record<ContentCoding, Buffer>>;
  /** Of the bytes before they are compressed, and so a weak one. */
  readonly etag: string;
  /** Its name carries its hash: whatever it holds, it holds for ever. */
  readonly hashed: boolean;
}

export interface PageFiles {
  /** What every path of the page answers with; undefined where the console was not built. */
  readonly document: PageFile | undefined;
  /** By its path, as /assets/…; undefined where there is no such file. */
  file(path: string): PageFile | undefined;
}

const mediaTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
const codings: readonly [ContentCoding, string][] = [
  ['br', '.br'],
  ['gzip', '.gz'],
];
const documentPath = '/index.html';

/** Reads the build, as services/console/vite.config.ts writes it. */
export function readPageFiles(folder: string): PageFiles {
  const files = new Map<string, PageFile>();
  const entries = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [];
  for (const entry of entries) {
    const mediaType = mediaTypes[extname(entry.name)];
    if (!entry.isFile() || mediaType === undefined) continue;
    const place = join(entry.parentPath, entry.name);
    const path = `/${relative(folder, place).split(sep).join('/')}`;
    const bytes = readFileSync(place);
    files.set(path, {
      mediaType,
      bytes,
      compressed: Object.fromEntries(
        codings
          .filter(([, suffix]) => existsSync(place + suffix))
          .map(([coding, suffix]) => [coding, readFileSync(place + suffix)]),
      ),
      etag: `W/"${sha256(bytes).subarray(0, 16).toString('base64url')}"`,
      hashed: path.startsWith('/assets/'),
    });
  }
  return {
    document: files.get(documentPath),
    file: (path) => (path === documentPath ? undefined : files.get(path)),
  };
}
