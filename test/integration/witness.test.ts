import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { logPaths, shardName } from '../../services/core/log-folder/index.js';
import { signingKeyFromPem } from '../../services/core/seal/index.js';
import {
  appendEntries,
  createProver,
  emptyEdge,
  openCheckpoint,
  parseTilePath,
  parseVkey,
} from '../../services/core/tlog/index.js';
import { createNodeTreeHasher, createNodeVerifier, sha256 } from '../../services/core/tlog/node.js';
import { createLogSigner } from '../../services/sealer/signer.js';
import { witnessVkey } from '../../services/witness/service.js';
import {
  checkpointOf,
  createSealingWorld,
  newPem,
  openSigned,
  type SealingWorld,
  startTestSealer,
} from '../support/sealing.js';
import { logVkey, newWitness, startTestWitness, type TestWitness } from '../support/witnessing.js';

const hasher = createNodeTreeHasher();

/** A log in memory, of entries `prefix` 0, `prefix` 1, …: two logs of the same prefix have the same beginning. */
function memoryLog(prefix: string) {
  const tiles = new Map<string, Uint8Array>();
  const entries = Array.from({ length: 600 }, (_, index) => Buffer.from(`${prefix} ${index}`));
  for (let size = 1; size <= entries.length; size += 1) {
    for (const { path, bytes } of appendEntries({ hasher, edge: emptyEdge, entries: entries.slice(0, size) }).files) {
      const name = parseTilePath(path)!;
      if (name.kind === 'hashes') tiles.set(`${name.level}/${name.index}/${name.width}`, bytes);
    }
    if (size === 40) size = 599;
  }
  const prover = createProver({
    hasher,
    readTile: async (level, index, width) => tiles.get(`${level}/${index}/${width}`)!,
  });
  return {
    root: async (size: number) => Buffer.from(await prover.root(size)).toString('hex'),
    proof: (old: number, size: number) => prover.consistency(old, size),
  };
}

describe('a witness', () => {
  const origin = 'example.org/log/0';
  const key = signingKeyFromPem(newPem());
  const signer = createLogSigner([key]);
  const log = memoryLog('entry');
  const fork = memoryLog('fork');
  let config: ReturnType<typeof newWitness>;
  let witness: TestWitness;

  beforeEach(async () => {
    await witness?.stop();
    config?.remove();
    config = newWitness([logVkey(origin, key), logVkey('example.org/many/*', key)]);
    witness = await startTestWitness(config);
  });
  after(async () => {
    await witness?.stop();
    config?.remove();
  });

  const noteOf = async (size: number, of = log, at = origin): Promise<string> =>
    (await signer.sign({ origin: at, size, root: await of.root(size) })).note;
  const bodyOf = async (old: number, size: number, of = log, at = origin): Promise<string> => {
    const proof = old > 0 && old < size ? await of.proof(old, size) : [];
    return requestOf(old, proof, await noteOf(size, of, at));
  };
  const requestOf = (old: number | string, proof: readonly Uint8Array[], note: string): string =>
    `old ${old}\n${proof.map((hash) => `${Buffer.from(hash).toString('base64')}\n`).join('')}\n${note}`;
  const post = (body: string | Uint8Array): Promise<Response> =>
    fetch(`${witness.url}/add-checkpoint`, { method: 'POST', body });
  const statusOf = async (body: string): Promise<number> => (await post(body)).status;

  test('cosigns what continues the log it knows, each time with the time of day', async () => {
    for (const [old, size] of [
      [0, 3],
      [3, 3],
      [3, 40],
      [40, 600],
    ] as const) {
      const answer = await post(await bodyOf(old, size));
      assert.equal(answer.status, 200);
      const note = await noteOf(size);
      const opened = await openCheckpoint({
        note: note + (await answer.text()),
        origin,
        logKeys: [parseVkey({ sha256, vkey: logVkey(origin, key) })],
        witnessKeys: [parseVkey({ sha256, vkey: witness.vkey })],
        verify: createNodeVerifier(),
      });
      assert.equal(opened.cosignatures.length, 1);
      assert.ok(Math.abs(opened.cosignatures[0]!.timeSeconds - Date.now() / 1_000) < 60);
    }
    assert.match(await witness.metrics(), /sealstream_witness_cosignatures_total\{[^}]*\} 4\n/);
  });

  test('says 409 and its size to whoever begins elsewhere, also after a restart', async () => {
    assert.equal(await statusOf(await bodyOf(0, 7)), 200);
    await witness.stop();
    witness = await startTestWitness(config);
    for (const body of [await bodyOf(0, 9), await bodyOf(6, 9), await bodyOf(8, 9), await bodyOf(0, 7)]) {
      const answer = await post(body);
      assert.deepEqual(
        [answer.status, answer.headers.get('content-type'), await answer.text()],
        [409, 'text/x.tlog.size', '7\n'],
      );
    }
    assert.equal(await statusOf(await bodyOf(7, 9)), 200);
  });

  test('refuses a second tree with 422, names it, and keeps the proof of it', async () => {
    assert.equal(await statusOf(await bodyOf(0, 7)), 200);
    const same = await post(await bodyOf(7, 7, fork));
    assert.equal(same.status, 422);
    assert.match(await same.text(), /example\.org\/log\/0 has two trees of size 7/);
    assert.equal(await statusOf(await bodyOf(7, 9, fork)), 422);
    assert.equal(await statusOf(requestOf(7, [], await noteOf(9))), 422);
    const proof = await log.proof(7, 9);
    assert.equal(await statusOf(requestOf(7, [...proof, proof[0]!], await noteOf(9))), 422);
    // Two signed trees of one size prove a fork by themselves; a larger one without a good proof proves nothing yet.
    assert.equal(readdirSync(join(config.folder, 'evidence')).length, 1);
    assert.match(await witness.metrics(), /sealstream_witness_forks_total\{[^}]*\} 1\n/);
    assert.equal(await statusOf(await bodyOf(7, 9)), 200, 'the honest log goes on');
  });

  test('refuses a proof from the empty tree, and an empty tree with a root', async () => {
    assert.equal(await statusOf(requestOf(0, await log.proof(3, 7), await noteOf(7))), 422);
    const { note } = await signer.sign({ origin, size: 0, root: 'ab'.repeat(32) });
    assert.equal(await statusOf(requestOf(0, [], note)), 422);
    const empty = await signer.sign({ origin, size: 0, root: createHash('sha256').digest('hex') });
    assert.equal(await statusOf(requestOf(0, [], empty.note)), 200);
    assert.equal(await statusOf(await bodyOf(0, 7)), 200);
  });

  test('takes logs by their keys: 404 for others, 403 for other keys and wrong signatures', async () => {
    const stranger = createLogSigner([signingKeyFromPem(newPem())]);
    const root = await log.root(7);
    const foreign = await signer.sign({ origin: 'example.org/other', size: 7, root });
    assert.equal(await statusOf(requestOf(0, [], foreign.note)), 404);
    const unsigned = await stranger.sign({ origin, size: 7, root });
    assert.equal(await statusOf(requestOf(0, [], unsigned.note)), 403);
    const altered = (await noteOf(7)).replace(/\n7\n/, '\n8\n');
    assert.equal(await statusOf(requestOf(0, [], altered)), 403);
    assert.equal(await statusOf(requestOf(0, [], altered.replace(/\n8\n/, '\n08\n'))), 400);
    assert.equal(await statusOf(await bodyOf(0, 7, log, 'example.org/many/a/1')), 200);
    assert.equal(await statusOf(await bodyOf(0, 7, log, 'example.org/many/')), 404);
  });

  test('answers 400 to what is no request', async () => {
    const note = await noteOf(7);
    const hash = Buffer.alloc(32);
    const bad = [
      '',
      'old 0\n',
      note,
      requestOf('07', [], note),
      requestOf('-1', [], note),
      requestOf('7 ', [], note),
      requestOf('99999999999999999999', [], note),
      requestOf(8, [], note),
      requestOf(
        0,
        Array.from({ length: 64 }, () => hash),
        note,
      ),
      requestOf(0, [Buffer.alloc(31)], note),
      `old 0\nnot base64\n\n${note}`,
      'old 0\n\nno note',
    ];
    for (const body of bad) assert.equal(await statusOf(body), 400, JSON.stringify(body.slice(0, 60)));
    assert.equal((await post(Buffer.from([0xff, 0xfe]))).status, 400);
  });

  test('bounds a request, and knows one method and one path', async () => {
    assert.equal(await statusOf('x'.repeat(65_537)), 413);
    assert.equal((await fetch(`${witness.url}/add-checkpoint`)).status, 405);
    assert.equal((await fetch(`${witness.url}/`)).status, 404);
    const half = connect(witness.port, '127.0.0.1');
    half.write('POST /add-checkpoint HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nold');
    await sleep(20);
    half.destroy();
    assert.equal(await statusOf(await bodyOf(0, 7)), 200);
  });

  test('shows monitors the newest checkpoint that it cosigned', async () => {
    const hash = createHash('sha256').update(origin).digest('hex');
    assert.equal((await fetch(`${witness.url}/${hash}/checkpoint`)).status, 404);
    await post(await bodyOf(0, 7));
    const answer = await fetch(`${witness.url}/${hash}/checkpoint`);
    const opened = await openCheckpoint({
      note: await answer.text(),
      origin,
      logKeys: [parseVkey({ sha256, vkey: logVkey(origin, key) })],
      witnessKeys: [parseVkey({ sha256, vkey: witness.vkey })],
      verify: createNodeVerifier(),
    });
    assert.deepEqual([opened.checkpoint.size, opened.cosignatures.length], [7, 1]);
  });

  test('cosigns one of many that come at once', async () => {
    const bodies = await Promise.all(Array.from({ length: 20 }, (_, index) => bodyOf(0, index + 1)));
    const statuses = await Promise.all(bodies.map(statusOf));
    assert.deepEqual(statuses.filter((status) => status === 200).length, 1);
    assert.deepEqual(statuses.filter((status) => status === 409).length, 19);
  });

  test('runs once on its folder', async () => {
    await assert.rejects(startTestWitness(config), { code: 'witness_locked', message: /is in use by process \d+/ });
  });
});

describe('a sealer with witnesses', { concurrency: 3 }, () => {
  let world: SealingWorld;
  before(async () => {
    world = await createSealingWorld({ partitions: 1 });
    await world.publish(0, [Buffer.from('one'), Buffer.from('two')]);
  });
  after(() => world?.remove());

  const siteWith = (port: number, state: ReturnType<typeof newWitness>, logKey: string) => {
    const vkey = witnessVkey(state.name, signingKeyFromPem(state.key).publicKey);
    const site = world.newSite({ logKey, witnesses: [`http://127.0.0.1:${port} ${vkey}`], checkpointEveryMs: 20 });
    return { site, vkey };
  };
  const cosignedSize = async (site: ReturnType<typeof siteWith>['site'], vkey: string): Promise<number> => {
    const checkpoint = await checkpointOf(site, world.eventShard(0));
    if (!checkpoint) return 0;
    const { cosignatures } = await openCheckpoint({
      note: checkpoint.note,
      logKeys: [parseVkey({ sha256, vkey: logVkey(originFor(), signingKeyFromPem(site.logKey)) })],
      witnessKeys: [parseVkey({ sha256, vkey })],
      verify: createNodeVerifier(),
    });
    return cosignatures.length > 0 ? checkpoint.size : 0;
  };
  const originFor = (): string => `${world.config.audience}/${world.incarnation.toString('hex')}/0`;
  const until = async (what: string, is: () => Promise<boolean>): Promise<void> => {
    for (const end = Date.now() + 15_000; !(await is()); await sleep(20)) assert.ok(Date.now() < end, what);
  };

  test('publishes checkpoints with the cosignatures that came in time', async (t) => {
    const logKey = newPem();
    const state = newWitness([logVkey(`${world.config.audience}/*`, signingKeyFromPem(logKey))]);
    t.after(state.remove);
    const witness = await startTestWitness(state);
    t.after(() => witness.stop());
    const { site, vkey } = siteWith(witness.port, state, logKey);
    const sealer = await startTestSealer(site);
    t.after(() => sealer.stop());
    await world.sealed({ of: site });
    await until('cosigned', async () => (await cosignedSize(site, vkey)) > 2);
    assert.match(await sealer.metrics(), /sealstream_sealer_cosigned_size\{[^}]*witness="witness\.example\/w1"/);
  });

  test('waits for no witness that is away, says so, and adds its cosignature when it is back', async (t) => {
    const logKey = newPem();
    const state = newWitness([logVkey(`${world.config.audience}/*`, signingKeyFromPem(logKey))]);
    t.after(state.remove);
    const first = await startTestWitness(state);
    await first.stop();
    const { site, vkey } = siteWith(first.port, state, logKey);
    const sealer = await startTestSealer(site);
    t.after(() => sealer.stop());
    await world.sealed({ of: site, timeoutMs: 8_000 });
    assert.equal(await cosignedSize(site, vkey), 0);
    const metrics = await sealer.metrics();
    assert.match(metrics, /sealstream_sealer_witness_failures_total\{[^}]*reason="away"[^}]*\} [1-9]/);
    assert.match(metrics, /sealstream_sealer_witness_away\{[^}]*\} 1\n/);
    const again = await startTestWitness({ ...state, port: first.port });
    t.after(() => again.stop());
    await until('cosigned later', async () => (await cosignedSize(site, vkey)) > 0);
    const { size } = (await checkpointOf(site, world.eventShard(0)))!;
    const kept = logPaths.checkpointOf(site.folder, shardName(world.eventShard(0)), size);
    const { note } = await openSigned(site, world.eventShard(0), readFileSync(kept, 'utf8'));
    assert.match(note, /\n— witness\.example\/w1 /);
  });

  test('names a fork when a witness was shown another tree', async (t) => {
    const logKey = newPem();
    const state = newWitness([logVkey(`${world.config.audience}/*`, signingKeyFromPem(logKey))]);
    t.after(state.remove);
    const witness = await startTestWitness(state);
    t.after(() => witness.stop());
    const other = createLogSigner([signingKeyFromPem(logKey)]);
    const { note } = await other.sign({ origin: originFor(), size: 1, root: 'cd'.repeat(32) });
    const shown = await fetch(`${witness.url}/add-checkpoint`, { method: 'POST', body: `old 0\n\n${note}` });
    assert.equal(shown.status, 200);
    const { site } = siteWith(witness.port, state, logKey);
    const sealer = await startTestSealer(site);
    t.after(() => sealer.stop());
    await world.sealed({ of: site });
    await until('the fork is named', async () =>
      /sealer_witness_failures_total\{[^}]*reason="fork"[^}]*\} [1-9]/.test(await sealer.metrics()),
    );
    await until('/readyz says it', async () => {
      const { witnesses } = sealer.health.report().parts;
      return /fork: .*Two trees of this log were signed/.test(witnesses!.detail);
    });
  });
});
