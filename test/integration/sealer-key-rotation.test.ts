import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '../../services/core/log.js';
import {
  logPaths,
  newestTimestampedSize,
  originOf,
  readIfThere,
  readLogList,
  readTimestamps,
  type Shard,
  shardName,
} from '../../services/core/log-folder/index.js';
import { createMetrics } from '../../services/core/metrics.js';
import { packageRoot } from '../../services/core/paths.js';
import { signingKeyFromPem } from '../../services/core/seal/index.js';
import {
  createProver,
  createTreeHasher,
  openCheckpoint,
  parseNote,
  parseVkey,
  TlogError,
  verifyConsistency,
} from '../../services/core/tlog/index.js';
import { createNodeVerifier, sha256 } from '../../services/core/tlog/node.js';
import { createShardFolder } from '../../services/sealer/folder.js';
import { createLogSigner } from '../../services/sealer/signer.js';
import { readKnownLogs } from '../../services/witness/logs.js';
import { startWitness } from '../../services/witness/service.js';
import { eventParts, testProducer } from '../support/judging.js';
import { createSealingWorld, newPem, type SealingConfig, startTestSealer } from '../support/sealing.js';
import { opensslMissing, startOpensslAuthority } from '../support/timestamp-authority.js';

async function until(what: string, holds: () => Promise<boolean> | boolean, withinMs = 20_000): Promise<void> {
  for (const deadline = Date.now() + withinMs; !(await holds()); await sleep(25)) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms`);
  }
}

/** A verifier that has been given one key only, and no other word about the log. */
const verifierOf = (config: SealingConfig, pem: string) => {
  const keyOf = (origin: string) =>
    parseVkey({ sha256, vkey: createLogSigner([signingKeyFromPem(pem)]).vkeys(origin)[0] });
  return async (shard: Shard, size?: number) => {
    const name = shardName(shard);
    const path =
      size === undefined ? logPaths.checkpoint(config.folder, name) : logPaths.checkpointOf(config.folder, name, size);
    const origin = originOf(config.audience, shard);
    const note = (await readIfThere(path))!.toString('utf8');
    try {
      const { checkpoint } = await openCheckpoint({
        note,
        origin,
        logKeys: [keyOf(origin)],
        verify: createNodeVerifier(),
      });
      return { ...checkpoint, signatures: parseNote(note).signatures.length };
    } catch (error) {
      if (error instanceof TlogError && error.code === 'unverified_note') return undefined;
      throw error;
    }
  };
};

async function createWitness(t: TestContext, audience: string, pems: string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'sealstream-witness-'));
  // As in SEALSTREAM_WITNESS_LOGS: the old and the new key of one deployment, for all of its shards.
  const vkeys = pems.map((pem) => createLogSigner([signingKeyFromPem(pem)]).vkeys(`${audience}/*`)[0]);
  const witness = await startWitness({
    name: 'witness.test',
    key: signingKeyFromPem(newPem()),
    logs: readKnownLogs(vkeys),
    folder,
    host: '127.0.0.1',
    port: 0,
    metrics: createMetrics('witness', { process: false }),
    log: createLogger('witness', 'silent'),
  });
  t.after(async () => {
    await witness.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return witness;
}

test('the log gets a new key: both sign during the overlap, no verifier is cut off, and the tree goes on', async (t) => {
  const world = await createSealingWorld();
  t.after(world.remove);
  const [old, next] = [newPem(), newPem()];
  const shard = world.eventShard(0);
  const witness = await createWitness(t, world.config.audience, [old, next]);
  const base: SealingConfig = { ...world.config, witnesses: [`http://127.0.0.1:${witness.port}/ ${witness.vkey}`] };
  const start = async (logKey: string, ...furtherLogKeys: string[]) => {
    const sealer = await startTestSealer({ ...base, logKey, furtherLogKeys });
    let stopped: Promise<void> | undefined;
    const stop = (): Promise<void> => {
      stopped ??= sealer.stop();
      return stopped;
    };
    t.after(stop);
    return { ...sealer, stop };
  };
  const byOld = verifierOf(base, old);
  const byNext = verifierOf(base, next);
  const lane = testProducer({ key: await world.register('shop') });
  const publish = (count: number): Promise<number> =>
    world.publish(
      0,
      Array.from({ length: count }, () => lane.record('data', [eventParts()]).value),
    );

  // Before: the old key alone.
  await publish(300);
  const first = await start(old);
  await world.sealed({ of: { ...base, logKey: old } });
  await first.stop();
  const before = (await byOld(shard))!;
  assert.equal(await byNext(shard), undefined);

  // A key that simply takes the other's place is refused: whoever verifies would see a log of nobody's.
  const hasty = await start(next);
  await until('it stands still', () => /new key.*log-keys\.md/.test(hasty.health.report().parts.log!.detail));
  assert.equal(hasty.health.report().ready, false);
  await hasty.stop();
  assert.deepEqual(await byOld(shard), before);

  // The overlap. Shards that stand still get the second signature, too, and their checkpoints stay the same.
  const both = await start(old, next);
  for (const idle of [shard, 'registry'] as const)
    await until('both signatures', async () => (await byNext(idle)) !== undefined);
  assert.equal((await byNext(shard))!.size, before.size);
  assert.deepEqual((await byNext(shard))!.root, before.root);
  assert.deepEqual((await byNext(shard, before.size))!.root, before.root, 'and so does the one that is kept');
  await publish(20);
  await world.sealed({ of: { ...base, logKey: old } });
  const during = (await byOld(shard))!;
  assert.deepEqual((await byNext(shard))!.root, during.root);
  assert.ok(during.size >= before.size + 20);
  const listed = (await readLogList(base.folder)).shards.find(({ name }) => name === shardName(shard));
  const origin = originOf(base.audience, shard);
  assert.equal(
    listed!.vkey,
    createLogSigner([signingKeyFromPem(old)]).vkeys(origin)[0],
    'the first key is the one that is shown',
  );
  // Both signatures and the witness's.
  await until('a cosignature', async () => (await byOld(shard))!.signatures === 3);
  await both.stop();

  // After: the new key alone.
  const third = await start(next);
  await publish(20);
  await world.sealed({ of: { ...base, logKey: next } });
  const after = (await byNext(shard))!;
  assert.equal(await byOld(shard), undefined);
  assert.ok(after.size >= during.size + 20);
  await until('a cosignature under the new key', async () => (await byNext(shard))!.signatures === 2);
  await third.stop();

  // Who has the old checkpoint, verified by the old key, sees that the new one, verified by the new key, continues it.
  const hasher = createTreeHasher({ sha256 });
  const prover = createProver({
    hasher,
    readTile: createShardFolder({ folder: base.folder, shard: shardName(shard) }).readTile,
  });
  for (const { size, root } of [before, during]) {
    const proof = await prover.consistency(size, after.size);
    verifyConsistency({ hasher, oldSize: size, oldRoot: root, size: after.size, root: after.root, proof });
  }

  // The key is lost: the folder is moved away, and a new key signs the tree that was committed, and no other.
  await rename(base.folder, `${base.folder}.away`);
  t.after(() => rm(`${base.folder}.away`, { recursive: true, force: true }));
  const found = newPem();
  const fourth = await start(found);
  const byFound = verifierOf(base, found);
  const isThere = async (): Promise<boolean> =>
    (await readIfThere(logPaths.checkpoint(base.folder, shardName(shard)))) !== undefined;
  await publish(1);
  await until(
    'the folder is filled anew',
    async () => (await isThere()) && (await byFound(shard))!.size === after.size + 1,
  );
  const anew = (await byFound(shard))!;
  const proof = await prover.consistency(after.size, anew.size);
  verifyConsistency({ hasher, oldSize: after.size, oldRoot: after.root, size: anew.size, root: anew.root, proof });
  await fourth.stop();
});

test('the sealer as a service has its checkpoints timestamped, and openssl accepts what it keeps', {
  skip: opensslMissing,
}, async (t) => {
  const world = await createSealingWorld();
  t.after(world.remove);
  const authority = await startOpensslAuthority();
  t.after(() => authority.close());
  const { config } = world;
  const secrets = await mkdtemp(join(tmpdir(), 'sealstream-keys-'));
  t.after(() => rm(secrets, { recursive: true, force: true }));
  await writeFile(join(secrets, 'log-key.pem'), config.logKey);
  const list = [{ name: 'time-one', url: authority.url, roots: authority.rootFile }];
  await writeFile(join(secrets, 'authorities.json'), JSON.stringify(list));
  const main = join(packageRoot(), 'dist', 'services', 'sealer', 'main.js');
  const child = spawn(process.execPath, [main], {
    stdio: 'ignore',
    env: {
      ...process.env,
      KAFKA_BROKERS: config.brokers.join(','),
      CLICKHOUSE_URL: config.clickhouseUrl,
      CLICKHOUSE_DATABASE: config.database,
      SEALSTREAM_AUDIENCE: config.audience,
      SEALSTREAM_ROOT_PUBLIC_KEY: config.rootPublicKey,
      SEALSTREAM_EVENTS_TOPIC: config.topics.events,
      SEALSTREAM_REGISTRY_TOPIC: config.topics.registry,
      SEALSTREAM_SEALER_GROUP: config.groupId,
      SEALSTREAM_LOG_DIR: config.folder,
      SEALSTREAM_LOG_KEY_FILE: join(secrets, 'log-key.pem'),
      SEALSTREAM_TIMESTAMP_AUTHORITIES_FILE: join(secrets, 'authorities.json'),
      SEALSTREAM_METRICS_PORT: '0',
    },
  });
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  await world.sealed({ isIn: (shard) => shard === 'registry' });
  let size: number | undefined;
  await until('a timestamp', async () => {
    size = await newestTimestampedSize(config.folder, 'registry');
    return size !== undefined;
  });
  const note = (await readIfThere(logPaths.checkpointOf(config.folder, 'registry', size!)))!.toString('utf8');
  const [answer] = await readTimestamps(config.folder, 'registry', size!);
  assert.match(await authority.verify(answer!, sha256(Buffer.from(parseNote(note).text))), /Verification: OK/);
  child.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
});
