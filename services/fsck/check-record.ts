import type { Deployment } from '../core/judge/index.js';
import type { KeyGrant, RegistryView } from '../core/registry/index.js';
import type { BatchRow } from '../core/rows/index.js';
import { headerStep, keyStep, markerStep, rootStep, StepFailure, signatureStep } from '../core/stored/index.js';
import type { Header } from '../core/wire/index.js';
import type { Place, Report } from './difference.js';

/** What the rows of a record's events are held against. */
export interface CheckedRecord {
  batch: BatchRow;
  header: Header;
  grant: KeyGrant;
}

/** The refusals that can be judged again from what `batches` keeps of a refused record. */
const provable: ReadonlySet<string> = new Set([
  'bad_header',
  'wrong_audience',
  'wrong_partition',
  'no_registry',
  'unknown_key',
  'revoked_key',
  'key_not_permitted',
  'bad_signature',
]);

export const placeOf = ({ incarnation, partition, offset }: BatchRow): Place => ({
  incarnation: incarnation.toString('hex'),
  partition,
  offset,
});

/**
 * Holds the records of one partition, handed over in offset order, against their own signatures. Knows the registry as of the last marker
 * that it was handed or began with.
 */
export function createRecordCheck({
  deployment,
  registry,
  registryHolds,
  marker,
  report,
}: {
  deployment: Deployment;
  registry: RegistryView;
  /** Resolves once the registry holds the entry at an offset, or never will. */
  registryHolds: (offset: number) => Promise<void>;
  /** The last one below the first record. */
  marker: BatchRow | undefined;
  report: Report;
}): {
  /** The record with what its events are held against; undefined where it took in none. 'altered': it is itself not to be believed. */
  check(batch: BatchRow): Promise<CheckedRecord | 'altered' | undefined>;
} {
  let asOf: number | undefined;
  let began = false;

  const markerOf = async (batch: BatchRow): Promise<number> => {
    const registryOffset = markerStep(batch, deployment);
    await registryHolds(registryOffset);
    return registryOffset;
  };

  const signedBy = (batch: BatchRow): CheckedRecord => {
    const header = headerStep(batch, deployment);
    if (asOf === undefined) throw new StepFailure('key', 'no registry marker is stored below the record');
    const grant = keyStep(header, registry, asOf);
    signatureStep(batch, grant);
    return { batch, header, grant };
  };

  const steps = async (batch: BatchRow): Promise<CheckedRecord | undefined> => {
    if (batch.disposition === 'quarantined') {
      if (provable.has(batch.reason) && batch.header.length > 0 && passes(() => signedBy(batch))) {
        report({
          kind: 'judged_differently',
          place: placeOf(batch),
          detail: `refused as ${batch.reason}, and its key and signature are good`,
        });
      }
      return undefined;
    }
    if (batch.record_kind === 'registry') {
      headerStep(batch, deployment);
      asOf = await markerOf(batch);
      return undefined;
    }
    const checked = signedBy(batch);
    rootStep(batch, checked.header);
    return checked.header.kind === 'data' ? checked : undefined;
  };

  return {
    async check(batch) {
      if (!began) {
        began = true;
        if (marker) asOf = await markerOf(marker).catch(ignoreStep);
      }
      try {
        return await steps(batch);
      } catch (error) {
        if (!(error instanceof StepFailure)) throw error;
        report({ kind: 'record_altered', place: placeOf(batch), step: error.step, detail: error.message });
        return 'altered';
      }
    },
  };
}

/** The marker's own place is reported where it is checked itself. */
function ignoreStep(error: unknown): undefined {
  if (error instanceof StepFailure) return undefined;
  throw error;
}

function passes(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof StepFailure) return false;
    throw error;
  }
}
