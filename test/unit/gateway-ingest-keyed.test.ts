import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createLogger } from '../../services/core/log.js';
import { sha256 } from '../../services/core/seal/index.js';
import type { Claim, IdempotencyStore } from '../../services/gateway/ingest/idempotency-store.js';
import { createKeyedPublisher } from '../../services/gateway/ingest/keyed-publisher.js';
import type { Producer } from '../../services/producer/index.js';

const log = createLogger('test', 'silent');
const bodyHash = sha256('body');
const request = { slot: 's', bodyHash, events: [], laneKey: 'acme' };

/** A store in memory whose answers can be made to get lost. */
function fakeStore() {
  const slots = new Map<string, { lock: Buffer; bodyHash: Buffer; values?: Buffer[] }>();
  const behaviour = { connected: true, storeFails: false, storesBeforeFailing: false };
  let locks = 0;
  const store: IdempotencyStore = {
    async claim(slot, hash): Promise<Claim> {
      const found = slots.get(slot);
      if (found?.values) return { kind: 'stored', bodyHash: found.bodyHash, values: found.values };
      if (found) return { kind: 'busy', bodyHash: found.bodyHash };
      locks += 1;
      const lock = Buffer.from([locks]);
      slots.set(slot, { lock, bodyHash: hash });
      return { kind: 'claimed', lock };
    },
    async store(slot, lock, values) {
      const found = slots.get(slot);
      const ours = !found || found.lock.equals(lock);
      const reaches = !behaviour.storeFails || behaviour.storesBeforeFailing;
      if (ours && reaches) slots.set(slot, { lock, bodyHash, values });
      if (behaviour.storeFails) throw new Error('the connection was lost');
      return ours;
    },
    async forget(slot, lock) {
      if (slots.get(slot)?.lock.equals(lock)) slots.delete(slot);
    },
    get isConnected() {
      return behaviour.connected;
    },
  };
  return { store, slots, behaviour };
}

/** A producer that signs 1, 2, 3 … and gives a sequence back where nothing was to be published. */
function fakeProducer() {
  let seq = 0;
  const published: string[] = [];
  const producer: Pick<Producer, 'send'> = {
    async send(_, { beforePublish } = {}) {
      seq += 1;
      const value = Buffer.from(`record ${seq}`);
      try {
        await beforePublish?.([value]);
      } catch (error) {
        seq -= 1;
        throw error;
      }
      published.push(String(value));
      return [{ partition: 0, offset: published.length - 1, ids: [String(value)] }];
    },
  };
  const republish = async (values: Buffer[]): Promise<string[]> => {
    published.push(...values.map(String));
    return values.map(String);
  };
  return { producer, republish, published };
}

describe('a request with an Idempotency-Key', () => {
  const setUp = () => {
    const fakes = { ...fakeStore(), ...fakeProducer() };
    return { ...fakes, publish: createKeyedPublisher({ ...fakes, door: { refusal: () => undefined }, log }) };
  };

  test('is published after it was stored, and its retries are what was stored', async () => {
    const { publish, published } = setUp();
    assert.deepEqual(await publish(request), { ids: ['record 1'], replayed: false });
    assert.deepEqual(await publish(request), { ids: ['record 1'], replayed: true });
    assert.deepEqual(published, ['record 1', 'record 1']);
  });

  test('goes nowhere when Redis was certainly not reached, and leaves no lock', async () => {
    const { publish, published, behaviour, slots, store } = setUp();
    const { claim } = store;
    store.claim = async (...of) => {
      const claimed = await claim(...of);
      Object.assign(behaviour, { connected: false, storeFails: true });
      return claimed;
    };
    await assert.rejects(publish(request), { kind: 'unavailable', extensions: { part: 'redis' } });
    assert.deepEqual(published, []);
    assert.equal(slots.size, 0);
  });

  for (const storesBeforeFailing of [true, false]) {
    const name = storesBeforeFailing ? 'has the bytes' : 'has them not';
    test(`is published when Redis leaves open whether it has the bytes (it ${name})`, async () => {
      // Giving the sequence to other events while Redis may hold the bytes would make a later retry an equivocation.
      const { publish, published, behaviour } = setUp();
      Object.assign(behaviour, { storeFails: true, storesBeforeFailing });
      assert.deepEqual(await publish(request), { ids: ['record 1'], replayed: false });
      assert.deepEqual(published, ['record 1']);
    });
  }

  test('whose lock was taken over answers what the other signed', async () => {
    const { publish, published, slots, store } = setUp();
    const { claim } = store;
    let claims = 0;
    store.claim = async (...of) => {
      const claimed = await claim(...of);
      claims += 1;
      if (claims === 1) slots.set('s', { lock: Buffer.from('other'), bodyHash, values: [Buffer.from('theirs')] });
      return claimed;
    };
    assert.deepEqual(await publish(request), { ids: ['theirs'], replayed: true });
    assert.deepEqual(published, ['theirs']);
  });

  test('that Kafka refuses for good is forgotten; one that failed otherwise is kept for the retry', async () => {
    for (const [code, left] of [
      ['producer_refused', 0],
      ['producer_closed', 1],
    ] as const) {
      const { publish, producer, slots } = setUp();
      const { send } = producer;
      producer.send = async (...of) => {
        await send(...of);
        throw Object.assign(new Error('no'), { code });
      };
      await assert.rejects(publish(request));
      assert.equal(slots.size, left, code);
    }
  });

  test('with another body is refused, stored or not', async () => {
    const { publish, store } = setUp();
    await store.claim('s', bodyHash);
    const other = { ...request, bodyHash: sha256('other') };
    await assert.rejects(publish(other), { kind: 'idempotency-key-reused' });
    const { publish: again } = setUp();
    await again(request);
    await assert.rejects(again(other), { kind: 'idempotency-key-reused' });
  });
});
