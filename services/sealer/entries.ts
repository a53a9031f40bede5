import type { TopicRecord } from '../core/judge/index.js';
import { sha256 } from '../core/seal/index.js';
import type { LogEntry } from '../core/tlog/index.js';
import { decodeFrame, limits, WireFault } from '../core/wire/index.js';

/**
 * The log's entry of a Kafka record, whatever it holds: also what is quarantined, what came twice, and what is no record of ours.
 * `batches` holds the same fields under the same rule (see stored-entries.ts).
 */
export const entryOf = (
  incarnation: Uint8Array,
  { partition, offset, appendTimeMs, value }: TopicRecord,
): LogEntry => ({
  incarnation,
  partition,
  offset,
  appendTimeMs,
  valueHash: sha256(value),
  signed: signedPartOf(value),
});

/** Of the registry's records the log has nothing but the hash. */
export const registryEntryOf = ({ partition, offset, appendTimeMs, value }: TopicRecord): LogEntry => ({
  incarnation: zeros,
  partition,
  offset,
  appendTimeMs,
  valueHash: sha256(value),
});

const zeros = new Uint8Array(16);

/** Header and signature where the frame can be read and the header is as long as one may be. */
function signedPartOf(value: Buffer): LogEntry['signed'] {
  try {
    const { header, signature } = decodeFrame(value);
    return header.length > 0 && header.length <= limits.headerBytes ? { header, signature } : undefined;
  } catch (error) {
    if (error instanceof WireFault) return undefined;
    throw error;
  }
}
