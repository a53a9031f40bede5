import { isNamed, listProducerId } from '../erasure/listed-parts.js';
import type { KeyGrant } from '../registry/fold.js';
import { WireFault } from '../wire/fault.js';
import { CanonicalReader } from '../wire/reader.js';
import type { RecordEvidence } from './bundle.js';
import { VerifyFailure } from './failures.js';
import { logOrigin } from './inclusion.js';
import type { RecordFinding, RecordJob } from './record-job.js';
import { type CheckedRecords, type CheckRecords, placeOf, type ValidRecord } from './records.js';

/** Has the granted records checked, and gathers what was found. Throws for the first that shows events and fails. */
export async function collect({
  granted,
  markers,
  checkRecords,
  views,
}: {
  granted: { placed: ValidRecord; grant: KeyGrant<Uint8Array> }[];
  markers: ValidRecord[];
  checkRecords: CheckRecords;
  views: number;
}): Promise<CheckedRecords> {
  const findings = await checkRecords(jobsOf(granted, views));
  const checked: CheckedRecords = { valid: [...markers], showing: [], events: 0, shown: [], erasedParts: 0 };
  const lists: { type: string; id: string }[][] = [];
  for (const [at, { placed }] of granted.entries()) {
    const { failed, events, lists: named, shown } = findings[at]!;
    const { log, record, header } = placed;
    if (failed) {
      if (record.events.length === 0) continue;
      const event = failed.index === undefined ? '' : `, event ${failed.index}`;
      throw new VerifyFailure(failed.code, `${placeOf(placed)}${event}: ${failed.message}`);
    }
    checked.valid.push(placed);
    if (record.events.length > 0) checked.showing.push(placed);
    checked.events += events;
    for (const event of shown)
      checked.shown.push({
        ...event,
        log: logOrigin(header.audience, log),
        offset: record.offset,
        record: placed.index,
      });
    if (placed.header.producer_id === listProducerId) lists.push(...named);
  }
  checked.erasedParts = checkErasures(granted, findings, lists);
  return checked;
}

function jobsOf(granted: { placed: ValidRecord; grant: KeyGrant<Uint8Array> }[], views: number): RecordJob[] {
  let left = views;
  return granted.map(({ placed: { record, header }, grant }) => {
    const wanted = left;
    left = Math.max(0, left - shownIn(record));
    const job: RecordJob = {
      header: record.signed!.header,
      signature: record.signed!.signature,
      publicKey: grant.publicKey!,
      root: header.root,
      count: header.count,
      appendTimeMs: record.appendTimeMs,
      organizations: [...grant.organizations],
      scopes: [...grant.scopes],
      events: record.events,
      views: wanted,
    };
    return job;
  });
}

/** How many events a record says it shows: the count that each array of parts begins with. */
function shownIn({ events }: RecordEvidence): number {
  try {
    return events.reduce((sum, { parts }) => sum + new CanonicalReader<Uint8Array>(parts).arrayCount(), 0);
  } catch (error) {
    if (error instanceof WireFault) return 0;
    throw error;
  }
}

/** Every part that is only a digest must be named by an erasure that was itself verified. Returns how many there are. */
function checkErasures(
  granted: { placed: ValidRecord }[],
  findings: RecordFinding[],
  lists: { type: string; id: string }[][],
): number {
  let parts = 0;
  const byHash = new Map<string, { type: string; id: string }[]>();
  for (const item of lists.flat()) {
    const items = byHash.get(item.id);
    if (items) items.push(item);
    else byHash.set(item.id, [item]);
  }
  for (const [at, { placed }] of granted.entries()) {
    if (findings[at]!.failed) continue;
    for (const { index, part } of findings[at]!.erased) {
      parts += 1;
      if (!isNamed(byHash.get(placed.hash) ?? [], { headerHash: placed.hash, index, part })) {
        throw new VerifyFailure(
          'unlisted_erasure',
          `${placeOf(placed)}, event ${index}: its ${part} was taken out and no verified erasure names it`,
        );
      }
    }
  }
  return parts;
}
