import type { EventParts } from '../wire/event.js';
import type { Header } from '../wire/header.js';
import { encodeHeader } from '../wire/header-writing.js';
import { encodeSignedBatch } from '../wire/record.js';
import { schemaId } from '../wire/schemas.js';
import { createLeafHasher } from './leaf.js';
import { expandSalts } from './salts.js';
import { headerHash, type SigningKey, signHeader } from './signature.js';
import { merkleRoot } from './tree.js';

/** What a sealed record needs to be told; the rest of the header follows from its events and key. */
export type HeaderIntent = Omit<Header, 'key_id' | 'count' | 'schema_id' | 'root' | 'registry'> & { registry?: number };

export interface SealedRecord {
  /** The Kafka record's value. */
  value: Buffer;
  header: Header;
  headerHash: Buffer;
}

/** Seals events (none for control records) under one signature. `saltSeed` is 32 random bytes. */
export type Seal = (intent: HeaderIntent, events: EventParts[], saltSeed: Buffer) => SealedRecord;

export function createSealer(key: SigningKey): Seal {
  const hasher = createLeafHasher();
  return (intent, events, saltSeed) => {
    const root = merkleRoot(hasher.ofParts(events, expandSalts(saltSeed, events.length)));
    const header: Header = {
      ...intent,
      registry: intent.registry ?? 0,
      key_id: key.keyId,
      count: events.length,
      schema_id: schemaId,
      root,
    };
    const bytes = encodeHeader(header);
    const value = encodeSignedBatch({ header: bytes, salt_seed: saltSeed, events, signature: signHeader(key, bytes) });
    return { value, header, headerHash: headerHash(bytes) };
  };
}
