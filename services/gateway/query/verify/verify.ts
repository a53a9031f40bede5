import type { Deployment } from '../../../core/judge/index.js';
import type { RegistryReader } from '../../../core/reading/index.js';
import type { BatchRow, EventRow } from '../../../core/rows/index.js';
import {
  headerStep,
  keyStep,
  leafStep,
  markerStep,
  permissionStep,
  placeStep,
  recordStep,
  rootStep,
  type SignatureStep,
  StepFailure,
  signatureStep,
} from '../../../core/stored/index.js';
import { type ErasureEvidence, erasureEvidence, noEvidence } from '../../erasure/evidence.js';
import { unavailable } from '../../errors.js';
import { RecordPending, type RefusePending } from '../pending.js';
import type { Records } from '../records.js';
import type { EventsTable } from '../scope.js';

export interface SignatureCheck {
  available: true;
  verified: boolean;
  /** The first step that failed; null when none did. */
  failed: SignatureStep | null;
  message: string;
  /** Where the event stands: which Kafka record, which index in it. */
  record: { partition: number; offset: number; index: number };
  /** Whose signature it is, where the record got so far. */
  signed_by?: { producer_id: string; key_id: string };
  /** Parts that were erased, and the events that name them. */
  erased?: { parts: ('identity' | 'content')[]; listed_in: readonly string[] };
}

export interface Verdict {
  status: 'verified' | 'failed';
  available: true;
  verified: boolean;
  message: string;
  checks: {
    signature: SignatureCheck;
    inclusion: { available: false };
    completeness: { available: false };
    time: { available: false };
  };
}

/** The record behind the event is not wholly stored yet, so that nothing can be said of it. */
export interface PendingVerdict {
  status: 'pending';
  available: false;
  verified: false;
  message: string;
  retry_after_seconds: number;
  checks: Record<keyof Verdict['checks'], { available: false }>;
}

/** How long a verdict waits for the registry entry that it must know. */
const registryWaitMs = 5_000;

export interface Verifier {
  /** The verdict on the rows that carry one event id: one, where nobody tampered. `rows` is not empty. */
  verify(rows: readonly EventRow[]): Promise<Verdict | PendingVerdict>;
}

/** Recomputes from ClickHouse what was signed: row → leaf → root → header → signature → registered key (WIRE §7). */
export function createVerifier({
  records,
  deployment,
  registryReader,
  table,
  refusePending,
}: {
  records: Records;
  deployment: Deployment;
  registryReader: RegistryReader;
  /** In which erasures are looked up; none counts where it is absent. */
  table?: EventsTable;
  refusePending: RefusePending;
}): Verifier {
  const registryHolds = async (offset: number): Promise<void> => {
    const late = AbortSignal.timeout(registryWaitMs);
    await Promise.race([
      registryReader.through(offset),
      new Promise<never>((_, reject) => {
        late.addEventListener('abort', () =>
          reject(unavailable('registry', `registry entry ${offset} has not been read yet`)),
        );
      }),
    ]);
  };

  /** Throws RecordPending where it is still to come. */
  const recordOf = async (row: EventRow): Promise<BatchRow[]> => {
    const found = await records.of(row);
    if (found.length > 0) return found;
    await refusePending(row);
    return records.of(row);
  };

  const steps = async (
    row: EventRow,
    note: (batch: BatchRow) => void,
    evidenceOf: (batch: BatchRow) => Promise<ErasureEvidence>,
  ): Promise<void> => {
    const batch = recordStep(row, await recordOf(row));
    note(batch);
    const header = headerStep(batch, deployment);
    const asOf = markerStep(await records.markerBelow(row), deployment);
    await registryHolds(asOf);
    const grant = keyStep(header, registryReader.registry, asOf);
    signatureStep(batch, grant);
    rootStep(batch, header);
    leafStep(row, batch, (await evidenceOf(batch)).names);
    permissionStep(row, grant);
    placeStep(row, batch, header);
  };

  /** Whether the row of a list is what this producer signed. A list's own parts cannot be erased. */
  const genuine = async (row: EventRow, producerId: string): Promise<boolean> => {
    let signer = '';
    try {
      await steps(
        row,
        ({ producer_id }) => {
          signer = producer_id;
        },
        async () => noEvidence,
      );
      return signer === producerId;
    } catch (error) {
      if (error instanceof StepFailure) return false;
      throw error;
    }
  };

  const check = async (row: EventRow): Promise<SignatureCheck | RecordPending> => {
    const record = { partition: row.partition, offset: row.offset, index: row.idx };
    let signedBy: SignatureCheck['signed_by'];
    let evidence = noEvidence;
    const parts = erasedParts(row);
    const answer = (failed: SignatureStep | null, message: string): SignatureCheck => ({
      available: true,
      verified: failed === null,
      failed,
      message,
      record,
      ...(signedBy ? { signed_by: signedBy } : {}),
      ...(parts.length > 0 ? { erased: { parts, listed_in: evidence.listEvents } } : {}),
    });
    try {
      await steps(
        row,
        ({ producer_id, key_id }) => {
          signedBy = { producer_id, key_id: key_id.toString('hex') };
        },
        async ({ header_hash }) => {
          if (table && parts.length > 0) {
            evidence = await erasureEvidence({ table, headerHash: header_hash.toString('hex'), genuine });
          }
          return evidence;
        },
      );
      if (parts.length === 0) return answer(null, 'The event is as its producer signed it.');
      return answer(null, `The event is as its producer signed it; its ${parts.join(' and ')} was erased.`);
    } catch (error) {
      if (error instanceof StepFailure) return answer(error.step, error.message);
      if (error instanceof RecordPending) return error;
      throw error;
    }
  };

  return {
    async verify(rows) {
      const results = await Promise.all(rows.map(check));
      const checks = results.flatMap((result) => (result instanceof RecordPending ? [] : [result]));
      const pending = results.find((result) => result instanceof RecordPending);
      const failed = twice(rows, checks) ?? checks.find(({ verified }) => !verified);
      if (!failed && pending) return pendingVerdict(pending);
      const signature = failed ?? checks[0]!;
      return {
        status: signature.verified ? 'verified' : 'failed',
        available: true,
        verified: signature.verified,
        message: signature.verified ? signature.message : `Verification failed: ${signature.message}.`,
        checks: {
          signature,
          inclusion: { available: false },
          completeness: { available: false },
          time: { available: false },
        },
      };
    },
  };
}

const erasedParts = (row: EventRow): ('identity' | 'content')[] =>
  (['identity', 'content'] as const).filter((part) => row[`${part}_digest`].length > 0);

const pendingVerdict = ({ message, retryAfterSeconds }: RecordPending): PendingVerdict => ({
  status: 'pending',
  available: false,
  verified: false,
  message: `Not to be verified yet: ${message}. Ask again in ${retryAfterSeconds} s.`,
  retry_after_seconds: retryAfterSeconds,
  checks: {
    signature: { available: false },
    inclusion: { available: false },
    completeness: { available: false },
    time: { available: false },
  },
});

/** A row that stands at the place of another was put there by somebody. */
function twice(rows: readonly EventRow[], checks: SignatureCheck[]): SignatureCheck | undefined {
  const placeOf = ({ incarnation, partition, offset, idx }: EventRow): string =>
    [incarnation.toString('hex'), partition, offset, idx].join('/');
  const places = rows.map(placeOf);
  const again = places.some((place, index) => places.indexOf(place) !== index);
  if (!again || checks.length === 0) return undefined;
  return { ...checks[0]!, verified: false, failed: 'record', message: 'the event is stored more than once' };
}
