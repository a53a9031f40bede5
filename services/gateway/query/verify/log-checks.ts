import type { Deployment } from '../../../core/judge/index.js';
import { readLogList } from '../../../core/log-folder/index.js';
import type { EventRow } from '../../../core/rows/index.js';
import { createNodePlatform } from '../../../core/verify/node.js';
import { type BundleVerdict, judgeBundle } from '../../../core/verify/verify-bundle.js';
import { formatUuid } from '../../../core/wire/index.js';
import { Problem } from '../../errors.js';
import type { Evidence } from '../proof/evidence.js';

/** What the log says of an event. */
export type LogChecks = Pick<BundleVerdict['checks'], 'inclusion' | 'completeness' | 'time'>;
export type NoLogChecks = Record<keyof LogChecks, { available: false; message?: string }>;

const without = (message?: string): NoLogChecks => {
  const check = { available: false as const, ...(message === undefined ? {} : { message }) };
  return { inclusion: check, completeness: check, time: check };
};

/** The checks beside the signature: on the evidence that whoever asks for the bundle gets, by the code that judges it there. */
export function createLogChecks({
  evidence,
  deployment,
  rootKey,
  logFolder,
  timestampRoots,
}: {
  evidence: Evidence;
  deployment: Deployment;
  rootKey: Uint8Array;
  logFolder: string | undefined;
  timestampRoots: readonly Uint8Array[];
}): (row: EventRow) => Promise<LogChecks | NoLogChecks> {
  const platform = createNodePlatform();
  return async (row) => {
    if (logFolder === undefined) return without();
    const { shards, witnesses } = await readLogList(logFolder);
    try {
      const bundle = await evidence.bundle({ rows: [row], question: { kind: 'event', id: formatUuid(row.id) } });
      const { checks } = await judgeBundle(bundle, {
        platform,
        views: 0,
        trust: {
          audience: deployment.audience,
          rootKey: Buffer.from(rootKey).toString('base64'),
          logKeys: shards.map(({ vkey }) => vkey),
          witnesses: witnesses.map(({ vkey }) => vkey),
          // Who is missing is named; how many are enough is for whoever verifies the bundle to say.
          quorum: 0,
          timestampRoots,
        },
      });
      return { inclusion: checks.inclusion, completeness: checks.completeness, time: checks.time };
    } catch (error) {
      if (error instanceof Problem && (error.kind === 'conflict' || error.kind === 'record-pending'))
        return without(error.message);
      throw error;
    }
  };
}
