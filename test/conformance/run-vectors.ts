import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { WireAdapter } from './adapter.js';
import { type BatchVector, type Fixture, readFixture, revive } from './fixture.js';
import { fromNotation, toJson } from './hex-notation.js';
import type { RegistryInput } from './reference-registry.js';
import type { EntryFields, ErasedBatchFields, HeaderFields, JudgeContext } from './wire-types.js';

/** Runs one implementation over test/fixtures/wire-v1.json. A test names every vector on which it differs, not only the first. */
export function runVectors({ name, adapter }: { name: string; adapter: WireAdapter }): void {
  const fixture = readFixture();
  describe(`wire format v1: ${name}`, () => {
    test('encodes and decodes every part and header as the vectors have them', () => {
      eachAgrees(fixture.batches, (batch) => checkParts(adapter, batch));
    });
    test('seals every batch to the same leaves, root, header, signature and record', () => {
      eachAgrees(fixture.batches, (batch) => checkSeal(adapter, batch));
    });
    test('encodes every ErasedBatch to the same record', () => {
      eachAgrees(fixture.erased, (twin) => {
        const events = revive<ErasedBatchFields['events']>(twin.events);
        const header = fromNotation(twin.header);
        const value = adapter.encodeErasedBatch({ header, signature: fromNotation(twin.signature), events });
        assert.deepEqual(toJson(value), twin.value);
      });
    });
    test('derives the same ids from idempotency keys', () => {
      eachAgrees(
        fixture.ids.map((id) => ({ ...id, name: `${id.tenant}/${id.key}/${id.index}` })),
        ({ tenant, key, index, secret, id }) => {
          const derived = adapter.idFromIdempotencyKey({ secret: fromNotation(secret), tenant, key, index });
          assert.deepEqual(toJson(derived), id);
        },
      );
    });
    test('takes and refuses the same public keys at registration', () => {
      eachAgrees(fixture.public_keys, (key) => {
        const publicKey = fromNotation(key.public_key);
        assert.equal(adapter.isAcceptableKey(publicKey), key.accepted);
        if (key.accepted) assert.deepEqual(toJson(adapter.keyId(publicKey)), key.key_id);
      });
    });
    test('seals every registry entry to the same record', () => {
      const rootSeed = fromNotation(fixture.seeds.root ?? '');
      eachAgrees(
        fixture.registry_entries.map((entry, index) => ({ ...entry, name: `entry ${index}` })),
        ({ name: _, fields, ...expected }) => {
          assert.deepEqual(toJson(adapter.sealEntry(revive<EntryFields>(fields), rootSeed)), expected);
        },
      );
    });
    test('reads every registry to the same valid entries and keys', () => checkRegistry(adapter, fixture));
    for (const [group, vectors] of Object.entries(fixture.judged)) {
      test(`judges every record of ${group} alike (${vectors.length})`, () => {
        eachAgrees(vectors, ({ context, value, record, events }) => {
          const verdict = adapter.judgeRecord(fromNotation(value), revive<JudgeContext>(fixture.contexts[context]));
          assert.deepEqual({ record: verdict.record, events: verdict.events }, { record, events });
        });
      });
    }
  });
}

function eachAgrees<V extends { name: string; ruling?: string }>(vectors: V[], check: (vector: V) => void): void {
  const differences = vectors.flatMap((vector) => {
    try {
      check(vector);
      return [];
    } catch (error) {
      const ruling = vector.ruling === undefined ? '' : ` [ruling ${vector.ruling}]`;
      return [`${vector.name}${ruling}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });
  const shown = differences.slice(0, 20).map((difference) => `\n- ${difference.slice(0, 600)}`);
  assert.equal(differences.length, 0, `${differences.length} of ${vectors.length} vectors differ:${shown.join('')}`);
}

function checkParts(adapter: WireAdapter, batch: BatchVector): void {
  const header = revive<HeaderFields>(batch.header_fields);
  assert.deepEqual(toJson(adapter.encodeHeader(header)), batch.header);
  assert.deepEqual(toJson(adapter.decodeHeader(fromNotation(batch.header))), batch.header_fields);
  for (const event of batch.events) {
    if (event.body_fields === undefined) continue;
    assert.deepEqual(toJson(adapter.encodeBody(revive(event.body_fields))), event.body);
    assert.deepEqual(toJson(adapter.encodeIdentity(revive(event.identity_fields))), event.identity);
    assert.deepEqual(toJson(adapter.encodeContent(revive(event.content_fields))), event.content);
    assert.deepEqual(toJson(adapter.decodeBody(fromNotation(event.body))), event.body_fields);
    assert.deepEqual(toJson(adapter.decodeIdentity(fromNotation(event.identity))), event.identity_fields);
    assert.deepEqual(toJson(adapter.decodeContent(fromNotation(event.content))), event.content_fields);
  }
}

function checkSeal(adapter: WireAdapter, batch: BatchVector): void {
  const { root: _root, count: _count, ...header } = revive<HeaderFields>(batch.header_fields);
  const events = batch.events.map(({ body, identity, content }) => ({
    body: fromNotation(body),
    identity: fromNotation(identity),
    content: fromNotation(content),
  }));
  const seed = fromNotation(batch.seed);
  const sealed = adapter.sealBatch({ header, seed, salt_seed: fromNotation(batch.salt_seed), events });
  const { leaves, ...rest } = sealed;
  const expected = {
    root: batch.root,
    header: batch.header,
    header_hash: batch.header_hash,
    signature: batch.signature,
    value: batch.value,
  };
  assert.deepEqual(
    toJson(leaves),
    batch.events.map((event) => event.leaf),
  );
  assert.deepEqual(toJson(rest), expected);
}

function checkRegistry(adapter: WireAdapter, { registry, contexts }: Fixture): void {
  const { audience, root_public_key } = revive<JudgeContext>(contexts.standard);
  eachAgrees(registry, ({ values, valid, keys }) => {
    const input: RegistryInput = { audience, root_public_key, values: values.map(fromNotation) };
    assert.deepEqual(toJson(adapter.foldRegistry(input)), { valid, keys });
  });
}
