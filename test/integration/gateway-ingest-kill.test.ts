import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../../services/gateway/config.js';
import { acceptedOf, createGatewayWorld, type GatewayWorld, judgeTopic } from '../support/gateway.js';

/** More of it: `npm run test:faults`. */
const mostKills = process.env.SEALSTREAM_FAULTS === '1' ? 12 : 3;

const main = fileURLToPath(new URL('../../services/gateway/main.js', import.meta.url));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

describe('the gateway as a process', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sealstream-gateway-'));
  let world: GatewayWorld;
  let env: Record<string, string>;
  let url: string;

  before(async () => {
    world = await createGatewayWorld();
    const { addresses, deployment, topics, rootKey, gatewayKey, secret } = world.config;
    const file = (name: string, contents: string): string => {
      const path = join(folder, name);
      writeFileSync(path, contents, { mode: 0o600 });
      return path;
    };
    const pem = (key: typeof rootKey): string => String(key.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    env = {
      PATH: process.env.PATH ?? '',
      KAFKA_BROKERS: addresses.kafkaBrokers.join(','),
      CLICKHOUSE_URL: addresses.clickhouseUrl.href,
      CLICKHOUSE_DATABASE: addresses.clickhouseDatabase,
      REDIS_URL: addresses.redisUrl,
      SEALSTREAM_AUDIENCE: deployment.audience,
      SEALSTREAM_ROOT_PUBLIC_KEY: rootKey.publicKey.toString('base64'),
      SEALSTREAM_EVENTS_TOPIC: topics.events,
      SEALSTREAM_REGISTRY_TOPIC: topics.registry,
      SEALSTREAM_PORT: String(port),
      SEALSTREAM_ROOT_KEY_FILE: file('root.pem', pem(rootKey)),
      SEALSTREAM_GATEWAY_KEY_FILE: file('gateway.pem', pem(gatewayKey)),
      SEALSTREAM_SECRET_FILE: file('secret', secret.toString('hex')),
      SEALSTREAM_ADMIN_KEY_FILE: file('admin.key', `${world.adminKey}\n`),
      SEALSTREAM_LOG_LEVEL: 'warn',
    };
  });
  after(async () => {
    await world?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (change: Record<string, string> = {}): { child: ChildProcess; output: () => string } => {
    const child = spawn(process.execPath, [main], { env: { ...env, ...change }, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout!.on('data', (chunk) => {
      output += chunk;
    });
    return { child, output: () => output };
  };
  const isReady = async (): Promise<boolean> =>
    fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  const post = async (body: string, key: string): Promise<{ status: number; ids: string[] }> => {
    const headers = {
      authorization: `Bearer ${world.adminKey}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    };
    try {
      const answer = await fetch(`${url}/api/audit/events`, { method: 'POST', body, headers });
      return { status: answer.status, ids: ((await answer.json()) as { ids?: string[] }).ids ?? [] };
    } catch {
      return { status: 0, ids: [] };
    }
  };

  test('killed again and again under load, it logs every request with a key exactly once', async () => {
    let { child } = start();
    const requests = 400;
    const done = new Map<string, string[]>();
    let next = 0;
    const client = async (): Promise<void> => {
      while (next < requests) {
        const key = `request-${next}`;
        next += 1;
        const body = JSON.stringify([1, 2, 3].map((n) => ({ action: 'a.b', organization_id: `org${n}`, reason: key })));
        for (;;) {
          const { status, ids } = await post(body, key);
          if (status === 202) {
            done.set(key, ids);
            break;
          }
          assert.ok([0, 409, 503].includes(status), String(status));
          await sleep(50);
        }
      }
    };
    const clients = Promise.all(Array.from({ length: 8 }, client));
    let kills = 0;
    while (kills < mostKills) {
      const before = done.size;
      while (done.size < before + 20 && done.size < requests) await sleep(5);
      await sleep(Math.random() * 60);
      child.kill('SIGKILL');
      await once(child, 'exit');
      kills += 1;
      ({ child } = start());
    }
    await clients;
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null], 'a signal to stop is obeyed in good order');

    const judged = await judgeTopic(world);
    const times = new Map<string, number>();
    for (const { id } of acceptedOf(judged)) times.set(id, (times.get(id) ?? 0) + 1);
    assert.equal(done.size, requests);
    for (const [key, ids] of done) for (const id of ids) assert.equal(times.get(id), 1, `${key}: ${id}`);
    assert.equal(acceptedOf(judged).filter(({ reason }) => reason?.startsWith('request-')).length, requests * 3);
    const bad = judged.filter(
      ({ disposition, findings }) =>
        disposition === 'quarantined' || findings.some(({ code }) => code === 'equivocation'),
    );
    assert.deepEqual(
      bad.map(({ reason, detail }) => [reason, detail]),
      [],
    );
  });

  test('what contradicts itself in its environment is named, and nothing is started', async () => {
    for (const [change, said] of [
      [{ SEALSTREAM_AUDIENCE: '' }, /SEALSTREAM_AUDIENCE is not set/],
      [{ SEALSTREAM_PORT: 'http' }, /SEALSTREAM_PORT=http/],
      [{ SEALSTREAM_GATEWAY_KEY_FILE: env.SEALSTREAM_ROOT_KEY_FILE! }, /hold the same key/],
      [{ SEALSTREAM_ROOT_KEY_FILE: env.SEALSTREAM_GATEWAY_KEY_FILE! }, /SEALSTREAM_ROOT_PUBLIC_KEY pins/],
      [{ SEALSTREAM_SECRET_FILE: env.SEALSTREAM_ADMIN_KEY_FILE! }, /SEALSTREAM_SECRET_FILE does not hold/],
      [{ SEALSTREAM_ADMIN_KEY_FILE: env.SEALSTREAM_SECRET_FILE! }, /SEALSTREAM_ADMIN_KEY_FILE does not hold/],
      [
        { SEALSTREAM_ROOT_KEY_FILE: '/nowhere/root.pem' },
        /SEALSTREAM_ROOT_KEY_FILE=\/nowhere\/root\.pem cannot be read/,
      ],
      [
        { SEALSTREAM_REQUESTS_PER_SECOND: '100', SEALSTREAM_REQUEST_BURST: '10' },
        /SEALSTREAM_REQUEST_BURST=10 is less than SEALSTREAM_REQUESTS_PER_SECOND=100/,
      ],
    ] as [Record<string, string>, RegExp][]) {
      assert.throws(() => readConfig({ ...env, ...change }), said);
    }
    const { child, output } = start({ SEALSTREAM_AUDIENCE: '' });
    assert.equal((await once(child, 'close'))[0], 1);
    assert.match(output(), /SEALSTREAM_AUDIENCE is not set/);
  });

  test('a port that is taken is named', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { child, output } = start({ SEALSTREAM_PORT: String(port) });
    assert.equal((await once(child, 'close'))[0], 1);
    assert.match(output(), new RegExp(`address already in use.*${port}`));
    server.close();
    assert.equal(await isReady(), false);
  });
});
