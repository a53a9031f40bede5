import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClickHouse } from '../../services/core/clients/clickhouse.js';
import { formatLogList, logPaths } from '../../services/core/log-folder/index.js';
import { signingKeyFromPem } from '../../services/core/seal/index.js';
import { createVerifiedTable } from '../../services/fsck/verified-table.js';
import { createLogSigner } from '../../services/sealer/signer.js';
import { createGatewayWorld, type GatewayWorld, startTestGateway, type TestGateway } from '../support/gateway.js';
import { newPem } from '../support/sealing.js';

const shard = `${'0a'.repeat(16)}-3`;
const origin = `example.org/log/${'0a'.repeat(16)}/3`;
const signer = createLogSigner([signingKeyFromPem(newPem())]);

describe('the log over HTTP', () => {
  const above = mkdtempSync(join(tmpdir(), 'sealstream-log-'));
  const folder = join(above, 'log');
  const tile = Buffer.alloc(5 * 32, 7);
  let world: GatewayWorld;
  let gateway: TestGateway;
  let note: string;

  before(async () => {
    ({ note } = await signer.sign({ origin, size: 5, root: 'ab'.repeat(32) }));
    const files: [string, string | Buffer][] = [
      [logPaths.checkpoint(folder, shard), note],
      [logPaths.tile(folder, shard, 'tile/0/000.p/5'), tile],
      [logPaths.tile(folder, shard, 'tile/entries/x001/002'), Buffer.from('entries')],
      [join(above, 'secret'), 'not to be read'],
      [join(folder, shard, 'tile', 'secret'), 'not a tile'],
    ];
    const listed = [{ name: shard, origin, vkey: signer.vkeys(origin)[0] }];
    files.push([logPaths.shards(folder), formatLogList({ shards: listed, witnesses: [] })]);
    for (const [path, contents] of files) {
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(path, contents);
    }
    symlinkSync(join(above, 'secret'), join(folder, 'registry'));
    world = await createGatewayWorld();
    gateway = await startTestGateway({ ...world, config: { ...world.config, logFolder: folder } });
  });
  after(async () => {
    await gateway?.stop();
    await world?.remove();
    rmSync(above, { recursive: true });
  });
  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${gateway.url}/api/log${path}`, { headers });

  test('lists the shards with origin, key and size, without sign-in', async () => {
    const answer = await get('');
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), {
      shards: [{ name: shard, origin, vkey: signer.vkeys(origin)[0], size: 5, verified: null }],
      witnesses: [],
    });
    assert.equal(answer.headers.get('access-control-allow-origin'), '*');
  });

  test('says how far the continuous verifier has come', async () => {
    const { clickhouseUrl: url, clickhouseDatabase: database } = world.config.addresses;
    const clickhouse = createClickHouse({ url, database });
    const at = { incarnation: '0a'.repeat(16), partition: 3, round: 1, roundNext: 0 };
    const table = createVerifiedTable({ clickhouse, database });
    await table.save([{ ...at, head: 5, through: 4, checkedAtMs: Date.UTC(2026, 0, 2) }]);
    await clickhouse.close();
    const wanted = { through_offset: 4, checked_offset: 5, checked_at: '2026-01-02T00:00:00.000Z' };
    for (const until = Date.now() + 10_000; ; await sleep(100)) {
      const { shards } = (await (await get('')).json()) as { shards: { verified: unknown }[] };
      if (shards[0]!.verified === null && Date.now() < until) continue;
      assert.deepEqual(shards[0]!.verified, wanted);
      return;
    }
  });

  test('serves a checkpoint as text that is fresh, with an ETag', async () => {
    const answer = await get(`/${shard}/checkpoint`);
    assert.equal(await answer.text(), note);
    assert.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8');
    assert.equal(answer.headers.get('cache-control'), 'public, max-age=1, must-revalidate');
    const again = await get(`/${shard}/checkpoint`, { 'if-none-match': answer.headers.get('etag')! });
    assert.equal(again.status, 304);
  });

  test('serves tiles and bundles, byte for byte, to be kept for ever', async () => {
    const answer = await get(`/${shard}/tile/0/000.p/5`);
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), tile);
    assert.equal(answer.headers.get('content-type'), 'application/octet-stream');
    assert.equal(answer.headers.get('cache-control'), 'public, max-age=31536000, immutable');
    assert.equal(await (await get(`/${shard}/tile/entries/x001/002`)).text(), 'entries');
    const head = await fetch(`${gateway.url}/api/log/${shard}/tile/0/000.p/5`, { method: 'HEAD' });
    assert.deepEqual([head.status, head.headers.get('content-length')], [200, String(tile.length)]);
  });

  test('finds nothing where no log has a file, and never leaves the folder', async () => {
    const paths = [
      `/${shard}/tile/0/001`,
      `/${shard}/tile/0/000`,
      `/${shard}/tile/0/000.p/0`,
      `/${shard}/tile/0/000.p/256`,
      `/${shard}/tile/64/000`,
      `/${shard}/tile/secret`,
      `/${shard}/tile/`,
      `/${shard}/tile/0/../../checkpoint`,
      `/${shard}/tile/..%2f..%2f..%2fsecret`,
      `/${shard}/tile/%2e%2e/%2e%2e/%2e%2e/secret`,
      `/${shard}/tile/0/000.p/5%00`,
      `/${shard}/tile/0/000.p/5%0a`,
      '/registry/checkpoint',
      '/..%2f..%2f/checkpoint',
      '/%2e%2e/checkpoint',
      `/${shard.toUpperCase()}/checkpoint`,
      '/shards.json/checkpoint',
    ];
    for (const path of paths) {
      const status = await rawStatus(gateway.port, `/api/log${path}`);
      assert.ok(status === 404 || status === 400, `${path}: ${status}`);
    }
  });

  test('says so where the deployment keeps no log', async () => {
    const without = await startTestGateway(world);
    try {
      const list = await fetch(`${without.url}/api/log`);
      assert.deepEqual(await list.json(), { shards: [], witnesses: [] });
      assert.equal((await fetch(`${without.url}/api/log/registry/checkpoint`)).status, 404);
    } finally {
      await without.stop();
    }
  });
});

/** The path as it is: `fetch` would resolve the dots. */
function rawStatus(port: number, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
    });
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(Number(answer.split(' ')[1])));
  });
}
