import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { FIXTURE } from './fixture.js';
import { toJson } from './hex-notation.js';
import { idFromIdempotencyKey, idMessage, SCHEMA_ID } from './reference.js';
import { ERASED_BATCH_PREFIX, SIGNED_BATCH_PREFIX, SIGNED_ENTRY_PREFIX } from './schemas.js';
import { BATCHES } from './vectors/batches.js';
import { CONTEXTS } from './vectors/contexts.js';
import { ERASED, erasedVectors } from './vectors/erased.js';
import { eventFaults } from './vectors/event-faults.js';
import { frameFaults } from './vectors/frame-faults.js';
import { headerFaults } from './vectors/header-faults.js';
import { bytesFor, SEEDS } from './vectors/material.js';
import { nonCanonicalEvents } from './vectors/non-canonical-events.js';
import { PUBLIC_KEYS, REGISTRY_ENTRIES, REGISTRY_VECTORS } from './vectors/registry.js';
import { RULINGS } from './vectors/rulings.js';
import { sealFaults } from './vectors/seal-faults.js';
import { accepted } from './vectors/types.js';

const ID_INPUTS = [
  { tenant: 'acme', key: 'retry-1', index: 0 },
  { tenant: 'acme', key: 'retry-1', index: 1 },
  { tenant: 'acme', key: 'retry-1', index: 999 },
  { tenant: 'acme', key: 'retry-1', index: 0xffff_ffff },
  { tenant: 'acmer', key: 'etry-1', index: 0 },
  { tenant: '', key: '', index: 0 },
  { tenant: 'größe', key: '鍵 🔑', index: 7 },
].map((input) => ({ ...input, secret: bytesFor('deployment secret', 32) }));

/** Everything in test/fixtures/wire-v1.json, as text. The same on every run and machine. */
export function makeVectors(): string {
  const fixture = {
    about:
      'Vectors of Sealstream wire format v1, made by test/conformance from the words of schemas/README.md. Bytes are hex, in which (61*300) is byte 61 300 times; 64-bit numbers are decimal text.',
    rulings: RULINGS,
    schema_id: SCHEMA_ID,
    prefixes: { SignedBatch: SIGNED_BATCH_PREFIX, ErasedBatch: ERASED_BATCH_PREFIX, SignedEntry: SIGNED_ENTRY_PREFIX },
    seeds: SEEDS,
    contexts: CONTEXTS,
    public_keys: PUBLIC_KEYS,
    ids: ID_INPUTS.map((input) => ({ ...input, message: idMessage(input), id: idFromIdempotencyKey(input) })),
    batches: BATCHES,
    erased: ERASED,
    registry_entries: REGISTRY_ENTRIES,
    registry: REGISTRY_VECTORS,
    judged: {
      valid: BATCHES.map(({ name, context, value, events }) =>
        accepted(name, value, { context, events: events.length }),
      ),
      frame: frameFaults(),
      header: headerFaults(),
      seal: sealFaults(),
      non_canonical_event: nonCanonicalEvents(),
      event: eventFaults(),
      erased: erasedVectors(),
    },
  };
  return `${JSON.stringify(toJson(fixture), null, 1)}\n`;
}

const [, script] = process.argv;
if (script !== undefined && import.meta.url === pathToFileURL(script).href) writeFileSync(FIXTURE, makeVectors());
