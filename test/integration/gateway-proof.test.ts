import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { readLogList, shardName } from '../../services/core/log-folder/index.js';
import { type BundleVerdict, type Trust, verifyBundle } from '../../services/core/verify/node.js';
import type { FullVerdict } from '../../services/gateway/query/verify/full-verdict.js';
import type { PendingVerdict } from '../../services/gateway/query/verify/verify.js';
import { cli } from '../support/cli.js';
import { startTestConsumer, type TestConsumer } from '../support/delivering.js';
import { eventParts, testProducer } from '../support/judging.js';
import { type QueryGateway, startQueryGateway } from '../support/query-gateway.js';
import { createSealingWorld, type SealingWorld, startTestSealer, type TestSealer } from '../support/sealing.js';

describe('proofs of a deployment that runs', () => {
  let world: SealingWorld;
  let consumer: TestConsumer;
  let sealer: TestSealer;
  let gateway: QueryGateway;
  let trust: Trust;
  let folder: string;
  const at = (name: string): string => join(folder, name);

  const ids = async (path = '/api/audit?limit=100'): Promise<string[]> =>
    (await gateway.get<{ events: { id: string }[] }>(path)).body.events.map(({ id }) => id);
  const judged = async (body: unknown, change: Trust = {}): Promise<BundleVerdict> =>
    verifyBundle(JSON.stringify(body), { trust: { ...trust, ...change } });

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sealstream-proof-'));
    world = await createSealingWorld({ partitions: 2 });
    const key = await world.register('shop');
    consumer = await startTestConsumer(world.delivery.config);
    sealer = await startTestSealer(world.config);
    for (const partition of [0, 1]) {
      const lane = testProducer({ key, partition, lane: partition });
      const batch = (from: number) =>
        lane.record(
          'data',
          [0, 1, 2].map((n) =>
            eventParts(
              { organization_id: n === 1 ? 'globex' : 'acme', message: `p${partition} ${from + n}` },
              Date.now(),
            ),
          ),
        ).value;
      await world.publish(partition, [lane.open(), batch(0), batch(3), batch(6), lane.heartbeat()]);
    }
    await world.delivery.delivered();
    await world.sealed();
    gateway = await startQueryGateway(world.delivery.config, { logFolder: world.config.folder });
    gateway.keys.add('acme', ['acme']);
    const { shards } = await readLogList(world.config.folder);
    trust = {
      audience: world.config.audience,
      rootKey: world.config.rootPublicKey,
      logKeys: [shards[0]!.vkey],
    };
  });
  after(async () => {
    await gateway?.stop();
    await consumer?.stop();
    await sealer?.stop();
    await world?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  test('a verdict has four parts, and says all of them in one sentence', async () => {
    const [id] = await ids();
    const { status, body } = await gateway.get<FullVerdict>(`/api/audit/${id}/verify`);
    assert.equal(status, 200, JSON.stringify(body));
    const { signature, inclusion, completeness, time } = body.checks as unknown as BundleVerdict['checks'];
    assert.deepEqual(
      [signature, inclusion, completeness].map(({ verified }) => verified),
      [true, true, true],
      JSON.stringify(body),
    );
    assert.deepEqual([time.available, time.failed], [false, 'no_timestamp']);
    assert.equal(
      body.message,
      "The event is as its producer signed it; it is in the log, its producer's numbering has no hole.",
    );
  });

  test('the bundle of any event is verified offline, by keys that came another way', async () => {
    for (const id of (await ids()).filter((_, at) => at % 5 === 0)) {
      const { status, body } = await gateway.get(`/api/audit/${id}/proof`);
      assert.equal(status, 200, JSON.stringify(body));
      const verdict = await judged(body);
      assert.equal(verdict.verified, true, verdict.message);
      assert.deepEqual(verdict.trust, { deployment: 'pinned', log: 'pinned' });
      assert.deepEqual(
        verdict.events.map((event) => event.id),
        [id],
      );
    }
  });

  test('a bundle of a query shows the tenant’s events and all records between them', async () => {
    const { status, body } = await gateway.post('/api/audit/proofs', { query: { limit: 100 } }, 'acme');
    assert.equal(status, 200, JSON.stringify(body));
    const verdict = await judged(body);
    assert.equal(verdict.verified, true, verdict.message);
    assert.equal(verdict.checks.signature.events, 12);
    assert.ok(verdict.events.every(({ organizationId }) => organizationId === 'acme'));
    assert.match(verdict.checks.completeness.message, /are all shown/);
    assert.ok(!JSON.stringify(body).includes('globex'));
  });

  test('a bundle of a range proves that none of its records was left out', async () => {
    const shard = shardName({ incarnation: world.incarnation, partition: 0 });
    const { shards } = (await gateway.get<{ shards: { name: string; size: number }[] }>('/api/log')).body;
    const { size } = shards.find(({ name }) => name === shard)!;
    const { status, body } = await gateway.post<{ logs: { range: number[]; runs: { records: unknown[] }[] }[] }>(
      '/api/audit/proofs',
      { range: { shard, from: 0, to: size } },
    );
    assert.equal(status, 200, JSON.stringify(body));
    const verdict = await judged(body);
    assert.equal(verdict.verified, true, verdict.message);
    assert.equal(verdict.checks.signature.events, 9);
    assert.deepEqual(body.logs[0]!.range, [0, size]);
    body.logs[0]!.runs[0]!.records.splice(3, 1);
    assert.equal((await judged(body)).verified, false);
    const beyond = await gateway.post('/api/audit/proofs', { range: { shard, from: 0, to: size + 1 } });
    assert.equal(beyond.status, 404);
    assert.equal((await gateway.post('/api/audit/proofs', {})).status, 400);
  });

  test('whoever may only verify gets verdicts and no contents', async () => {
    gateway.keys.add('verifier', ['acme'], ['verify']);
    const [id] = await ids('/api/audit?limit=1&organization_id=acme');
    assert.equal((await gateway.get(`/api/audit/${id}/verify`, 'verifier')).status, 200);
    assert.equal((await gateway.get(`/api/audit/${id}/proof`, 'verifier')).status, 403);
    const [other] = await ids('/api/audit?limit=1&organization_id=globex');
    assert.equal((await gateway.get(`/api/audit/${other}/proof`, 'acme')).status, 404);
  });

  test('the command line gets a bundle, verifies it offline, and names tampering', async () => {
    const [id] = await ids();
    const to = ['--url', gateway.url, '--api-key', 'admin'];
    const proof = await cli(['proof', id!, ...to]);
    assert.equal(proof.exitCode, 0, proof.stderr);
    writeFileSync(at('bundle.json'), proof.stdout);
    const keys = ['--root-key', trust.rootKey!, '--log-key', trust.logKeys![0]!];
    const good = await cli(['verify', 'bundle.json', ...keys], { cwd: folder });
    assert.equal(good.exitCode, 0, good.stdout + good.stderr);
    assert.match(good.stdout, /^VERIFIED {2}bundle\.json\n1 event: signed, in the log, complete\.\n/);
    const bundle = JSON.parse(proof.stdout);
    bundle.logs[0].runs.at(-1).records.at(-1).append_time += 1;
    writeFileSync(at('altered.json'), JSON.stringify(bundle));
    const bad = await cli(['verify', '--offline', 'altered.json', ...keys], { cwd: folder });
    assert.equal(bad.exitCode, 3);
    assert.match(bad.stdout, /^TAMPERED {2}altered\.json\nTampering found \(not_in_log\)/);
    writeFileSync(at('cut.json'), proof.stdout.slice(0, -10));
    assert.equal((await cli(['verify', 'cut.json', ...keys], { cwd: folder })).exitCode, 2);
  });

  test('a log is followed from look to look', async () => {
    const follow = () =>
      cli(['verify', '--log', `${gateway.url}/api/log`, '--state', 'state.json', '--log-key', trust.logKeys![0]!], {
        cwd: folder,
      });
    const first = await follow();
    assert.equal(first.exitCode, 0, first.stdout + first.stderr);
    await world.register('another');
    await world.sealed();
    const second = await follow();
    assert.equal(second.exitCode, 0, second.stdout + second.stderr);
    assert.match(second.stdout, /registry +\d+\s+grown from \d+, consistently/);
    const state = JSON.parse(readFileSync(at('state.json'), 'utf8'));
    assert.equal(state.checkpoints.length, 3);
  });

  test('of an event whose record is not stored yet nothing is proven and nothing is wrong: ask again', async () => {
    const [id] = await ids();
    const { clickhouseUrl: url, database } = world.delivery.config;
    const clickhouse = createClient({ url, database });
    const copy = (table: string, where: string, changes: string): Promise<unknown> =>
      clickhouse.command({
        query: `INSERT INTO ${table} SELECT * REPLACE(offset + 1000 AS offset${changes}) FROM (SELECT * FROM ${table} WHERE ${where})`,
      });
    try {
      await copy('events', `id = '${id}'`, ', id_random + 1 AS id_random');
      const later = `${id!.slice(0, -2)}${((Number.parseInt(id!.slice(-2), 16) + 1) % 256).toString(16).padStart(2, '0')}`;
      const verdict = await gateway.get<PendingVerdict>(`/api/audit/${later}/verify`);
      assert.deepEqual([verdict.status, verdict.body.status, verdict.body.available], [200, 'pending', false]);
      assert.equal(verdict.headers.get('retry-after'), String(verdict.body.retry_after_seconds));
      const proof = await gateway.get<{ type: string }>(`/api/audit/${later}/proof`);
      assert.deepEqual([proof.status, proof.body.type], [503, 'urn:sealstream:problem:record-pending']);
      assert.ok(Number(proof.headers.get('retry-after')) >= 1);

      const [row] = await rowsOf(clickhouse, `SELECT partition, offset FROM events WHERE id = '${later}'`);
      await copy('batches', `partition = ${row!.partition} AND offset = ${row!.offset - 1_000}`, '');
      assert.equal((await gateway.get<FullVerdict>(`/api/audit/${later}/verify`)).body.status, 'failed');
      // A record that was there and is gone is another matter.
      await clickhouse.command({
        query: `ALTER TABLE batches DELETE WHERE partition = ${row!.partition} AND offset = ${row!.offset - 1_000}`,
        clickhouse_settings: { mutations_sync: '2' },
      });
      assert.equal((await gateway.get<FullVerdict>(`/api/audit/${id}/verify`)).body.status, 'failed');
      assert.equal((await gateway.get(`/api/audit/${id}/proof`)).status, 409);
    } finally {
      await clickhouse.close();
    }
  });
});

async function rowsOf(clickhouse: ClickHouseClient, query: string): Promise<{ partition: number; offset: number }[]> {
  const settings = { output_format_json_quote_64bit_integers: 0 } as const;
  return (await clickhouse.query({ query, format: 'JSONEachRow', clickhouse_settings: settings })).json();
}
