import type { KeyObject } from 'node:crypto';
import type { KeyGrant, RegistryView } from '../registry/registry.js';
import { createLeafHasher } from '../seal/leaf.js';
import { headerHash, verifyHeader } from '../seal/signature.js';
import { merkleRoot } from '../seal/tree.js';
import { type RecordReason, WireFault } from '../wire/fault.js';
import { decodeHeader, type Header } from '../wire/header.js';
import { decodeFrame } from '../wire/record.js';
import { schemaId } from '../wire/schemas.js';
import { judgeEvents } from './events.js';
import { laneKey, laneOf } from './lane.js';
import { type LaneStep, stepLane } from './lane-step.js';
import type { PartitionState } from './state.js';
import type { DecodedRecord, ErasureList, History, Judged, Need, OpenedRecord, TopicRecord } from './verdict.js';

/** What never changes while a deployment lives. */
export interface Deployment {
  audience: string;
  rootPublicKey: KeyObject;
  /** Hex. */
  rootKeyId: string;
}

export interface JudgeInput {
  record: TopicRecord;
  state: PartitionState;
  registry: RegistryView;
  /** The answer to a `history` need of the same record. */
  history?: History | undefined;
}

export type Verdict = { kind: 'judged'; judged: Judged } | { kind: 'needs'; need: Need };

/**
 * Judges one record of the events topic against all that came before it in its partition: WIRE §5, schemas/README.md §6.
 * A pure function of its input (the factory only keeps scratch memory), so every reader that folds the same offsets in order agrees.
 * Never throws for what a record holds; where it must know more, it says what.
 */
export function createJudge({
  deployment,
  erasures = () => false,
}: {
  deployment: Deployment;
  erasures?: ErasureList;
}): (input: JudgeInput) => Verdict {
  const hasher = createLeafHasher();

  const keyFor = ({ header }: DecodedRecord, state: PartitionState, registry: RegistryView): KeyGrant | undefined => {
    const keyId = header.key_id.toString('hex');
    if (header.kind === 'registry') {
      if (keyId !== deployment.rootKeyId)
        throw new WireFault('key_not_permitted', 'a marker that the root key did not sign');
      return undefined;
    }
    if (state.registry < 0) throw new WireFault('no_registry', 'no registry marker stands below this record');
    const grant = registry.keyAsOf(keyId, state.registry);
    if (!grant) throw new WireFault('unknown_key', `key ${keyId} is not registered`);
    if (grant.revoked)
      throw new WireFault('revoked_key', `key ${keyId} (${grant.name || grant.producerId}) was revoked`);
    if (grant.producerId !== header.producer_id) {
      throw new WireFault(
        'key_not_permitted',
        `the key belongs to ${grant.producerId}, the record names ${header.producer_id}`,
      );
    }
    return grant;
  };

  const checkAddress = (header: Header, partition: number): void => {
    if (header.audience !== deployment.audience) {
      throw new WireFault('wrong_audience', `signed for ${header.audience}, this is ${deployment.audience}`);
    }
    if (header.partition !== partition) {
      throw new WireFault('wrong_partition', `signed for partition ${header.partition}, found in ${partition}`);
    }
  };

  return ({ record, state, registry, history }) => {
    let decoded: DecodedRecord | undefined;
    let opened: OpenedRecord | undefined;
    let grant: KeyGrant | undefined;
    try {
      decoded = decodeRecord(record.value);
      const { header } = decoded;
      checkAddress(header, record.partition);
      if (header.kind === 'registry' && header.registry >= registry.heldThrough) {
        // The signature comes first: only the root key may make readers wait.
        keyFor(decoded, state, registry);
        checkSignature(decoded, deployment.rootPublicKey);
        return { kind: 'needs', need: { kind: 'registry', through: header.registry } };
      }
      grant = keyFor(decoded, state, registry);
      checkSignature(decoded, grant ? grant.publicKey! : deployment.rootPublicKey);
      const { leaves, salts } = hasher.ofFrame(decoded.frame);
      if (!merkleRoot(leaves).equals(header.root)) {
        throw new WireFault('bad_root', 'the events do not give the root that the header signs');
      }
      opened = { ...decoded, leaves, salts, fields: { positions: new Int32Array(0), occurredAt: new Float64Array(0) } };
      if (header.kind === 'registry' && header.registry < state.registry) {
        throw new WireFault('marker_regressed', `marker ${header.registry} after marker ${state.registry}`);
      }
    } catch (error) {
      if (error instanceof WireFault) return quarantined(error.reason as RecordReason, error.message, decoded, opened);
      throw error;
    }

    const laneId = laneOf(opened.header);
    const lane = state.lanes.get(laneKey(laneId));
    if (!lane) return { kind: 'needs', need: { kind: 'lane', lane: laneId } };
    const step = stepLane({ header: opened.header, headerHash: opened.headerHash, laneId, lane, state, history });
    if (step.kind === 'needs') return step;
    if (step.kind === 'equivocation') {
      return quarantined('equivocation', step.detail, decoded, opened, [{ code: 'equivocation', detail: step.detail }]);
    }
    return { kind: 'judged', judged: judgeOpened({ record, opened, grant, step, erasures }) };
  };
}

function decodeRecord(value: Buffer): DecodedRecord {
  const frame = decodeFrame(value);
  const header = decodeHeader(frame.header);
  if (header.count !== frame.count) {
    throw new WireFault('bad_header', `the header counts ${header.count} events, the record holds ${frame.count}`);
  }
  if (!header.schema_id.equals(schemaId)) {
    throw new WireFault('unknown_schema', `schema ${header.schema_id.toString('hex')} is not known here`);
  }
  return { frame, header, headerHash: headerHash(frame.header) };
}

function checkSignature({ frame }: DecodedRecord, publicKey: KeyObject): void {
  if (!verifyHeader(publicKey, frame.header, frame.signature)) {
    throw new WireFault('bad_signature', 'the signature is not by the key that the header names');
  }
}

function quarantined(
  reason: RecordReason,
  detail: string,
  decoded: DecodedRecord | undefined,
  opened: OpenedRecord | undefined,
  findings: Judged['findings'] = [],
): Verdict {
  return {
    kind: 'judged',
    judged: {
      disposition: 'quarantined',
      reason,
      detail,
      decoded,
      opened,
      accepted: [],
      duplicates: 0,
      faults: [],
      findings,
      change: { kind: 'none' },
    },
  };
}

function judgeOpened({
  record,
  opened,
  grant,
  step,
  erasures,
}: {
  record: TopicRecord;
  opened: OpenedRecord;
  grant: KeyGrant | undefined;
  step: Extract<LaneStep, { kind: 'extends' | 'duplicate' }>;
  erasures: ErasureList;
}): Judged {
  const before = step.kind === 'duplicate' ? step.acceptedBefore : [];
  const { accepted, faults, fields } = judgeEvents({ record, opened, grant, skip: before, erasures });
  const disposition = step.kind === 'duplicate' ? 'duplicate' : faults.length > 0 ? 'partial' : 'accepted';
  const union = before.length === 0 ? accepted : [...before, ...accepted].sort((a, b) => a - b);
  return {
    disposition,
    reason: undefined,
    detail: '',
    decoded: opened,
    opened: { ...opened, fields },
    accepted,
    duplicates: before.length,
    faults,
    findings: step.findings,
    change: step.change(union),
  };
}
