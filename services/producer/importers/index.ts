import type { Importer } from './importer.js';
import { sshdImporter } from './sshd/importer.js';

export * from './importer.js';
export { createOpaqueIds, type OpaqueIds } from './opaque-ids.js';
export { parseTimeZone } from './syslog/time-zone.js';

/** Every format that `sealstream import` reads. */
export const importers: readonly Importer[] = [sshdImporter];
