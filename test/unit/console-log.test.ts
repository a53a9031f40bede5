import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Api } from '../../services/console/src/api/call.js';
import { readKeyHistory } from '../../services/console/src/integrity/key-history.js';
import { type ListedShard, readHead } from '../../services/console/src/integrity/log.js';
import { createNoteKey, formatVkey } from '../../services/core/tlog/index.js';
import { createNodeTreeHasher } from '../../services/core/tlog/node.js';
import { createWebVerifier, type WebSubtle } from '../../services/core/tlog/web.js';
import { createEvidenceWorld, type EvidenceWorld, testWitness, writeLane } from '../support/evidence.js';
import { audience, newKey } from '../support/judging.js';

const { sha256 } = createNodeTreeHasher();
const subtle = crypto.subtle as unknown as WebSubtle;

/** What the gateway would list and serve of the world's one shard. */
function served(world: EvidenceWorld, note: string) {
  const { origin, size, files } = world.log;
  const noteKey = createNoteKey({ sha256, name: origin, publicKey: world.logKey.publicKey });
  const shard: ListedShard = { name: `${'0a'.repeat(16)}-0`, origin, vkey: formatVkey(noteKey), size, verified: null };
  const api = {
    raw: async (_: string, path: string) => {
      const file = path.endsWith('/checkpoint') ? note : files.get(path.slice(path.indexOf('tile/')));
      assert.ok(file, `${path} is asked for`);
      return new Response(typeof file === 'string' ? file : new Uint8Array(file));
    },
  } as unknown as Api;
  const signal = new AbortController().signal;
  return {
    shard,
    ask: (witnesses: string[], of = shard) =>
      readHead(
        { shard: of, witnesses: witnesses.map((vkey) => ({ vkey, same_operator: false })) },
        { api, subtle, signal },
      ),
  };
}

describe('heads of the log in the console', () => {
  test('are those that the log and its witnesses signed', async () => {
    const world = createEvidenceWorld();
    writeLane(world);
    const [one, two] = world.witnesses;
    const { ask } = served(world, await world.noteOf(world.log, [one!]));
    const found = await ask([one!.vkey, two!.vkey]);
    assert.ok(found.kind === 'signed');
    assert.equal(found.head.size, world.records.length);
    assert.equal(found.head.root, Buffer.from(await world.log.root()).toString('hex'));
    assert.deepEqual(
      found.head.cosigned.map(({ name }) => name),
      [one!.noteKey.name],
    );
    assert.equal(found.newest?.offset, world.records.at(-1)!.entry.offset);
    assert.equal(found.newest?.at, new Date(world.records.at(-1)!.entry.appendTimeMs).toISOString());
  });

  test('are refused where another key signed, or the text is another', async () => {
    const world = createEvidenceWorld();
    writeLane(world);
    const note = await world.noteOf(world.log);
    const forged = served(world, await world.noteOf(world.log, [], newKey()));
    assert.equal((await forged.ask([])).kind, 'wrong');
    const altered = served(world, note.replace(/\n\d+\n/, '\n4\n'));
    assert.equal((await altered.ask([])).kind, 'wrong');
    const cosigned = served(world, note);
    const stranger = testWitness(world.witnesses[0]!.noteKey.name);
    const found = await cosigned.ask([stranger.vkey]);
    assert.ok(found.kind === 'signed' && found.head.cosigned.length === 0 && found.head.unknown.length === 2);
  });

  test('of a shard without records are none', async () => {
    const { shard, ask } = served(createEvidenceWorld(), '');
    assert.deepEqual(await ask([], { ...shard, size: 0 }), { kind: 'none' });
  });
});

describe('the history of keys in the console', () => {
  const historyOf = (world: EvidenceWorld, rootKey = world.rootKey) =>
    readKeyHistory(
      {
        deployment: { audience, root_key: rootKey.publicKey.toString('base64') },
        registry: {
          records: world.registry.map(({ offset, appendTimeMs, value }) => ({
            offset,
            append_time: appendTimeMs,
            value: value.toString('base64'),
          })),
        },
      },
      async (...signed) => createWebVerifier({ subtle })(...signed),
    );

  test('tells registered keys from those that took another’s place, and who was revoked', async () => {
    const world = createEvidenceWorld();
    const [first, second] = [newKey(), newKey()];
    world.register(first, 'shop', { name: 'The shop' });
    world.register(second, 'shop');
    world.fact({ kind: 'key_revoked', key_id: first.keyId });
    world.fact({ kind: 'organization', organization_id: 'acme', name: 'Acme' });
    const { changes, passedOver } = await historyOf(world);
    assert.equal(passedOver, 0);
    assert.deepEqual(
      changes.map(({ offset, change, producerId, subject }) => [offset, change, producerId || subject]),
      [
        [3, 'organization', 'acme'],
        [2, 'revoked', 'shop'],
        [1, 'added', 'shop'],
        [0, 'registered', 'shop'],
      ],
    );
    assert.equal(changes[1]!.keyId, first.keyId.toString('hex'));
    assert.equal(changes[1]!.name, 'The shop');
  });

  test('holds nothing that the root key did not sign', async () => {
    const world = createEvidenceWorld();
    world.register(newKey(), 'shop');
    assert.deepEqual(await historyOf(world, newKey()), { changes: [], passedOver: 1 });
  });
});
