import { randomBytes } from 'node:crypto';
import { toWire } from '../../services/core/event/index.js';
import type { WireEvent } from '../../services/core/wire/event.js';

/** A record of a raw log as an importer keeps it: as it came, in `details`, under the name of its schema. */
export const rawEvent = (schema: string, record: unknown): WireEvent =>
  toWire(
    { organization_id: 'acme', action: 'log.imported', details_schema: schema, details: record },
    { id: randomBytes(16), nowUs: 1_700_000_000_000_000 },
  );
