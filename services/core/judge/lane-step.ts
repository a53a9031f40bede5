import type { Header } from '../wire/header.js';
import { type LaneId, type LaneState, overlaps } from './lane.js';
import type { PartitionState } from './state.js';
import type { Finding, History, Need, StateChange } from './verdict.js';

const zeroHash = '0'.repeat(64);

/** How a record stands to its lane. */
export type LaneStep =
  | { kind: 'needs'; need: Need }
  | { kind: 'equivocation'; detail: string }
  | {
      kind: 'duplicate';
      acceptedBefore: readonly number[];
      findings: Finding[];
      change: (accepted: readonly number[]) => StateChange;
    }
  | { kind: 'extends'; findings: Finding[]; change: (accepted: readonly number[]) => StateChange };

interface Step {
  header: Header;
  headerHash: Buffer;
  laneId: LaneId;
  lane: LaneState;
  state: PartitionState;
  history: History | undefined;
}

/** Decides whether a record extends its lane, fills a hole, repeats a record, or contradicts one. Pure. */
export function stepLane(step: Step): LaneStep {
  const { header, lane, laneId, history } = step;
  const hash = step.headerHash.toString('hex');
  const prev = header.prev.toString('hex');
  const end = header.first_seq + header.count;
  const isNext = lane.head !== '' && prev === lane.head && header.first_seq === lane.nextSeq;
  const opensFromEarlier = lane.head === '' && prev !== zeroHash;

  const same = lane.records.get(hash) ?? history?.same;
  if (same) {
    return {
      kind: 'duplicate',
      acceptedBefore: same.accepted,
      findings: [{ code: 'duplicate', detail: `header ${hash} was here before` }],
      change: (accepted) => ({
        kind: 'lane',
        lane: laneId,
        record: { hash, prev, accepted },
        head: undefined,
        nextSeq: lane.nextSeq,
        interval: undefined,
        registry: undefined,
        openPrev: undefined,
      }),
    };
  }
  if (!history && ((!isNext && lane.forgotten) || opensFromEarlier)) {
    return { kind: 'needs', need: { kind: 'history', lane: laneId, headerHash: hash, prev } };
  }
  const sibling = lane.byPrev.get(prev);
  if (sibling !== undefined || history?.prevUsedInLane) {
    return {
      kind: 'equivocation',
      detail: `another record of the lane follows ${prev} too: ${sibling ?? 'an older one'}`,
    };
  }
  if (overlaps(lane.intervals, header.first_seq, end)) {
    return { kind: 'equivocation', detail: `sequences ${header.first_seq}–${end - 1} were given to other events` };
  }
  return extend(step, { hash, prev, end, opensFromEarlier });
}

function extend(
  { header, lane, laneId, state, history }: Step,
  { hash, prev, end, opensFromEarlier }: { hash: string; prev: string; end: number; opensFromEarlier: boolean },
): LaneStep {
  const findings: Finding[] = [];
  const find = (code: Finding['code'], detail: string): void => void findings.push({ code, detail });
  const first = lane.head === '';
  const isLate = header.first_seq < lane.nextSeq;

  if (first && header.kind !== 'open' && header.kind !== 'registry') {
    find('missing_open', `the epoch's first record seen is of kind ${header.kind} at sequence ${header.first_seq}`);
  }
  if (header.first_seq > lane.nextSeq) find('gap', `sequences ${lane.nextSeq}–${header.first_seq - 1} are missing`);
  if (isLate && header.count > 0) {
    find('gap_closed', `sequences ${header.first_seq}–${end - 1} came late`);
  }
  if (!first && prev !== lane.head && header.first_seq === lane.nextSeq) {
    find('broken_chain', `prev is ${prev}, the lane's last header hash is ${lane.head}`);
  }
  const otherEpoch = opensFromEarlier ? (state.openPrevs.get(prev) ?? history?.prevUsedInEpoch) : undefined;
  if (otherEpoch !== undefined && otherEpoch !== laneId.epoch) {
    find(
      'epoch_fork',
      `epochs ${otherEpoch} and ${laneId.epoch} both continue ${prev}: two processes run as this producer`,
    );
  }
  return {
    kind: 'extends',
    findings,
    change: (accepted) => ({
      kind: 'lane',
      lane: laneId,
      record: { hash, prev, accepted },
      head: prev === lane.head || !isLate ? hash : undefined,
      nextSeq: Math.max(lane.nextSeq, end),
      interval: header.count > 0 ? [header.first_seq, end] : undefined,
      registry: header.kind === 'registry' ? header.registry : undefined,
      openPrev: opensFromEarlier ? prev : undefined,
    }),
  };
}
