import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createDeployment } from '../../services/core/deployment.js';
import { type EventInput, toWire } from '../../services/core/event/index.js';
import {
  applyChange,
  createJudge,
  emptyLane,
  type History,
  type Judged,
  laneKey,
  newPartitionState,
  type PartitionState,
  type TopicRecord,
} from '../../services/core/judge/index.js';
import {
  completeEntry,
  createRegistry,
  type Registry,
  type RegistryFact,
  signEntry,
} from '../../services/core/registry/index.js';
import {
  createSealer,
  type HeaderIntent,
  type SealedRecord,
  type SigningKey,
  signingKeyFromPem,
} from '../../services/core/seal/index.js';
import { type EventParts, encodeEvent, type RecordKind, uuidV7 } from '../../services/core/wire/index.js';

export const newKey = (): SigningKey =>
  signingKeyFromPem(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }));

export const audience = 'test.example/log';
export const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);

/** An event's three byte strings from what a caller would say of it. */
export const eventParts = (input: Partial<EventInput> = {}, atMs = nowMs): EventParts =>
  encodeEvent(
    toWire(
      { action: 'auth.login', organization_id: 'acme', actor: { id: 'usr_1', name: 'Ada' }, ...input },
      { id: uuidV7(atMs), nowUs: atMs * 1_000 },
    ),
  );

/** A producer that remembers its lane as WIRE §3 tells it to. */
export function testProducer(
  options: { key?: SigningKey; producerId?: string; partition?: number; lane?: number; saltSeed?: () => Buffer } = {},
) {
  const key = options.key ?? newKey();
  const { producerId = 'shop', partition = 0, lane = 0, saltSeed = () => randomBytes(32) } = options;
  const seal = createSealer(key);
  const epoch = randomBytes(16);
  const place = { prev: Buffer.alloc(32) as Buffer, seq: 0 };
  const record = (kind: RecordKind, events: EventParts[], change: Partial<HeaderIntent> = {}): SealedRecord => {
    const sealed = seal(
      {
        audience,
        producer_id: producerId,
        epoch,
        lane,
        lanes: lane + 1,
        partition,
        kind,
        first_seq: place.seq,
        prev: place.prev,
        created_at: nowMs * 1_000,
        ...change,
      },
      events,
      saltSeed(),
    );
    place.prev = sealed.headerHash;
    place.seq = sealed.header.first_seq + events.length;
    return sealed;
  };
  return {
    key,
    producerId,
    epoch,
    place,
    record,
    open: () => record('open', []).value,
    data: (count: number) =>
      record(
        'data',
        Array.from({ length: count }, () => eventParts()),
      ).value,
    heartbeat: () => record('heartbeat', []).value,
  };
}

/** A registry in memory, written by a root key of the test's own. */
export function testRegistry() {
  const rootKey = newKey();
  const deployment = createDeployment(audience, rootKey.publicKey);
  const registry: Registry = createRegistry({ audience, rootPublicKey: deployment.rootPublicKey });
  let offset = 0;
  const append = (fact: RegistryFact): number => {
    const entry = completeEntry(fact, { audience, created_at: nowMs * 1_000, ...registry.next });
    const folded = registry.fold(offset, signEntry(entry, rootKey).value);
    if ('skipped' in folded) throw new Error(folded.skipped);
    offset += 1;
    return offset - 1;
  };
  const register = (key: SigningKey, producerId: string, change: Partial<RegistryFact> = {}): number =>
    append({
      kind: 'key',
      key_id: key.keyId,
      algorithm: 1,
      public_key: key.publicKey,
      producer_id: producerId,
      organizations: ['*'],
      scopes: ['system', 'organization', 'application'],
      ...change,
    });
  return { rootKey, deployment, registry, append, register };
}

/** One partition of a topic that is judged as it is written. History answers come from what was judged before. */
export function testPartition({ deployment, registry, rootKey }: ReturnType<typeof testRegistry>, partition = 0) {
  const judge = createJudge({ deployment });
  const state: PartitionState = newPartitionState(partition);
  const markers = testProducer({ key: rootKey, producerId: 'registry', partition });
  let offset = 0;
  let historyAsked = 0;

  const judgeOnly = (
    value: Buffer,
    appendTimeMs = nowMs,
    history?: (need: { headerHash: string }) => History,
  ): Judged => {
    const record: TopicRecord = { partition, offset, appendTimeMs, value };
    let answer: History | undefined;
    for (;;) {
      const verdict = judge({ record, state, registry, history: answer });
      if (verdict.kind === 'judged') return verdict.judged;
      const { need } = verdict;
      if (need.kind === 'registry') throw new Error(`waits for registry entry ${need.through}`);
      if (need.kind === 'lane') state.lanes.set(laneKey(need.lane), emptyLane());
      else {
        historyAsked += 1;
        answer = history?.(need) ?? { same: undefined, prevUsedInLane: false, prevUsedInEpoch: undefined };
      }
    }
  };
  const write = (value: Buffer, appendTimeMs = nowMs, history?: (need: { headerHash: string }) => History): Judged => {
    const judged = judgeOnly(value, appendTimeMs, history);
    applyChange(state, judged.change);
    offset += 1;
    return judged;
  };
  return {
    state,
    judgeOnly,
    write,
    mark: (registryOffset = registry.newest) =>
      write(markers.record('registry', [], { first_seq: 0, registry: registryOffset }).value),
    get historyAsked() {
      return historyAsked;
    },
  };
}
