import { toBase64 } from '../tlog/bytes.js';
import { toHex } from '../wire/bytes.js';
import { type Bundle, bundleFormat, type LogEvidence, type RecordEvidence } from './bundle.js';

/** The JSON of a bundle, ready for JSON.stringify; `readBundle` reads it back. */
export function bundleToJson(bundle: Bundle, base64: (bytes: Uint8Array) => string = toBase64) {
  const all = (list: readonly Uint8Array[]): string[] => list.map(base64);
  const record = ({ offset, appendTimeMs, valueHash, signed, events }: RecordEvidence) => ({
    offset,
    append_time: appendTimeMs,
    value_hash: base64(valueHash),
    header: signed ? base64(signed.header) : null,
    signature: signed ? base64(signed.signature) : null,
    events: events.map(({ start, parts, proof }) => ({ start, parts: base64(parts), proof: all(proof) })),
  });
  const log = ({ incarnation, partition, checkpoint, timestamps, range, runs }: LogEvidence) => ({
    incarnation: toHex(incarnation),
    partition,
    checkpoint,
    timestamps: all(timestamps),
    range,
    runs: runs.map(({ start, records, proof }) => ({ start, records: records.map(record), proof: all(proof) })),
  });
  const { question, deployment, schema, registry, logs } = bundle;
  return {
    format: bundleFormat,
    question,
    deployment: {
      audience: deployment.audience,
      root_key: base64(deployment.rootKey),
      log_keys: deployment.logKeys,
    },
    schema: base64(schema),
    registry: {
      records: registry.records.map(({ offset, appendTimeMs, value }) => ({
        offset,
        append_time: appendTimeMs,
        value: base64(value),
      })),
      log: registry.log && {
        checkpoint: registry.log.checkpoint,
        timestamps: all(registry.log.timestamps),
        proof: all(registry.log.proof),
      },
    },
    logs: logs.map(log),
  };
}

export type BundleJson = ReturnType<typeof bundleToJson>;
