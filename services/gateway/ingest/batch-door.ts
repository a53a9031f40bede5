import type { Deployment, Judged } from '../../core/judge/index.js';
import type { Registry } from '../../core/registry/index.js';
import { decodeFrame, decodeHeader, type Frame, type Reason, slot, WireFault } from '../../core/wire/index.js';
import { type Caller, may, mayActFor } from '../auth/caller.js';
import { Problem, type ProblemPart } from '../errors.js';
import { jsonDepth, maxDepth } from './json-texts.js';
import { createLoneJudge } from './lone-judge.js';

/** Reasons that only the door has, beside those of schemas/README.md §6. */
export type DoorReason = Reason | 'not_for_the_door' | 'invalid_json';

/** A batch that the judge will take as far as it can be known without its lane's past. */
export interface JudgedBatch {
  partition: number;
  headerHash: string;
  count: number;
}

const refuse = (reason: DoorReason, detail: string, errors: ProblemPart[] = []): Problem =>
  new Problem('invalid-batch', detail, { errors, extensions: { reason } });

const isMarker = (): Problem => refuse('not_for_the_door', 'the batch is a registry marker');
const mostErrors = 20;

export interface BatchDoor {
  /**
   * Judges a client's own signed batch as every reader will, less what hangs on the records before it. Throws invalid-batch (422)
   * with the judge's stable reason, or forbidden (403) where the API key may not write what the batch holds: the batch's key and the
   * API key must both permit each event.
   */
  admit(value: Buffer, caller: Caller): JudgedBatch;
  /** Why readers would quarantine a record, or an event of it, if it were published now; undefined when they would not. */
  refusal(value: Buffer): Reason | undefined;
}

export function createBatchDoor({
  deployment,
  registry,
  partitions,
  now = Date.now,
}: {
  deployment: Deployment;
  registry: Registry;
  partitions: number;
  now?: () => number;
}): BatchDoor {
  const judgeAlone = createLoneJudge({ deployment, registry, now });

  return {
    admit(value, caller) {
      const { header, frame } = opening(value);
      if (frame.form !== 'signed') throw refuse('not_for_the_door', 'an ErasedBatch comes in by a release, not here');
      if (header.kind === 'registry')
        throw refuse('not_for_the_door', 'registry markers are the gateway’s own to write');
      if (header.partition >= partitions) {
        throw refuse('wrong_partition', `signed for partition ${header.partition}, the topic has ${partitions}`);
      }
      const judged = judgeAlone(value, header.partition);
      if (!judged) throw isMarker();
      if (judged.reason !== undefined) throw refuse(judged.reason, judged.detail);
      const [first] = judged.faults;
      if (first) {
        const errors = judged.faults
          .slice(0, mostErrors)
          .map(({ index, reason, detail }) => ({ pointer: `/events/${index}`, detail: `${reason}: ${detail}` }));
        throw refuse(first.reason, `event ${first.index}: ${first.detail}`, errors);
      }
      checkCaller(judged, caller);
      checkJson(judged);
      return {
        partition: header.partition,
        headerHash: judged.opened!.headerHash.toString('hex'),
        count: header.count,
      };
    },
    refusal(value) {
      const { partition } = opening(value).header;
      if (partition >= partitions) return 'wrong_partition';
      const judged = judgeAlone(value, partition);
      if (!judged) throw isMarker();
      return judged.reason ?? judged.faults[0]?.reason;
    },
  };
}

function opening(value: Buffer): { frame: Frame; header: ReturnType<typeof decodeHeader> } {
  try {
    const frame = decodeFrame(value);
    return { frame, header: decodeHeader(frame.header) };
  } catch (error) {
    if (error instanceof WireFault) throw refuse(error.reason, error.message);
    throw error;
  }
}

/** A field of an event of the batch, as text. */
const fieldOf = ({ opened }: Judged, index: number, field: number): string => {
  const { positions } = opened!.fields;
  const at = index * slot.stride + field;
  return opened!.frame.value.toString('utf8', positions[at], positions[at + 1]);
};

function checkCaller(judged: Judged, caller: Caller): void {
  const forbid = (reason: Reason, detail: string, index: number): Problem =>
    new Problem('forbidden', detail, { errors: [{ pointer: `/events/${index}`, detail }], extensions: { reason } });
  for (const index of judged.accepted) {
    const organization = fieldOf(judged, index, slot.organizationId);
    const isSystem = judged.opened!.fields.positions[index * slot.stride + slot.scope] === 0;
    if (isSystem && !(may(caller, 'admin') && caller.organizations === '*')) {
      const detail = `event ${index}: the system scope takes events of API keys with the permission admin and every organization`;
      throw forbid('scope_not_permitted', detail, index);
    }
    if (organization !== '' && !mayActFor(caller, organization)) {
      const detail = `event ${index}: the API key does not speak for organization ${JSON.stringify(organization)}`;
      throw forbid('organization_not_permitted', detail, index);
    }
  }
}

/** Readers take these texts as they are, so whether they are JSON is asked here. */
function checkJson(judged: Judged): void {
  const errors: ProblemPart[] = [];
  for (const index of judged.accepted) {
    for (const [name, field] of [
      ['details', slot.details],
      ['before', slot.before],
      ['after', slot.after],
    ] as const) {
      const fault = jsonFault(fieldOf(judged, index, field));
      if (fault) errors.push({ pointer: `/events/${index}/${name}`, detail: fault });
    }
    if (errors.length >= mostErrors) break;
  }
  const [first] = errors;
  if (first) throw refuse('invalid_json', `${first.pointer} ${first.detail}`, errors.slice(0, mostErrors));
}

function jsonFault(text: string): string | undefined {
  if (text === '') return undefined;
  try {
    JSON.parse(text);
  } catch (error) {
    return `is not JSON: ${(error as Error).message}`;
  }
  return jsonDepth(text) > maxDepth ? `is nested deeper than ${maxDepth} levels` : undefined;
}
