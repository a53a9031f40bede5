import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type DataFolder, readOrCreate } from '../supervisor/data-folder.js';

const BYTES = 24;

/** A part's password, made once. Letters, digits, - and _: fit for URLs and configuration files as they are. */
export function password({ folder, name }: { folder: DataFolder; name: string }): string {
  return readOrCreate(join(folder.keys, `${name}.password`), () => randomBytes(BYTES).toString('base64url'));
}
