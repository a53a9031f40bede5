import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseEnv } from 'node:util';
import { packageRoot } from '../../services/core/paths.js';
import { readComposeFile } from '../support/compose-file.js';
import { createTestKafka, stackFromEnv, uniqueName } from '../support/stack.js';
import { freePort } from '../support/stack-instance.js';

const { services } = readComposeFile();

/** What the Dockerfile puts into /app: packages that are needed to run, chdb not among them, and the compiled services. */
function layOutImage(app: string): void {
  const root = packageRoot();
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  for (const [path, { dev }] of Object.entries(lock.packages)) {
    const isTop = /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path);
    if (!isTop || dev || /^node_modules\/@?chdb(\/|$)/.test(path)) continue;
    mkdirSync(dirname(join(app, path)), { recursive: true });
    symlinkSync(join(root, path), join(app, path));
  }
  const copied = [
    'package.json',
    'schemas',
    'infra/clickhouse/migrations',
    'infra/docker/healthcheck.mjs',
    'services/alerts/pack/rules',
  ];
  for (const path of copied) cpSync(join(root, path), join(app, path), { recursive: true });
  cpSync(join(root, 'dist'), join(app, 'dist'), {
    recursive: true,
    filter: (path) => !path.startsWith(join(root, 'dist/test')),
  });
}

describe('the commands of docker-compose.yml', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sealstream-docker-'));
  const app = join(folder, 'app');
  const stack = stackFromEnv();
  const database = uniqueName('docker');
  const topics = {
    events: uniqueName('audit.events', '.'),
    registry: uniqueName('audit.registry', '.'),
    alerts: uniqueName('audit.alerts', '.'),
  };
  const running: ChildProcess[] = [];
  let ports: Record<'gateway' | 'consumer' | 'alerts' | 'sealer' | 'witness' | 'cosigning' | 'verifier', number>;

  /** Mounts are folders of this test, and the parts are those of the test stack. */
  const here = (text: string): string =>
    text
      .replaceAll('/var/lib/sealstream', join(folder, 'lib'))
      .replaceAll('/run/sealstream', join(folder, 'run'))
      .replaceAll(':8080', `:${ports.gateway}`)
      .replaceAll(':9100', `:${ports.consumer}`)
      .replaceAll(':9101', `:${ports.alerts}`)
      .replaceAll(':9102', `:${ports.sealer}`)
      .replaceAll(':9103', `:${ports.witness}`)
      .replaceAll(':9104', `:${ports.verifier}`)
      .replaceAll('witness:8091', `127.0.0.1:${ports.cosigning}`);
  const environmentOf = (name: string): Record<string, string> => ({
    PATH: process.env.PATH!,
    NODE_ENV: 'production',
    ...Object.fromEntries(
      Object.entries(services[name]!.environment ?? {}).map(([key, value]) => [key, here(String(value))]),
    ),
    ...(name === 'init' || name === 'witness'
      ? {}
      : {
          KAFKA_BROKERS: stack.kafkaBrokers.join(','),
          CLICKHOUSE_URL: stack.clickhouseUrl,
          CLICKHOUSE_DATABASE: database,
          REDIS_URL: stack.redisUrl,
          SEALSTREAM_EVENTS_TOPIC: topics.events,
          SEALSTREAM_REGISTRY_TOPIC: topics.registry,
          SEALSTREAM_ALERTS_TOPIC: topics.alerts,
          SEALSTREAM_CONSUMER_GROUP: database,
          SEALSTREAM_ALERTS_GROUP: `alerts-${database}`,
          SEALSTREAM_SEALER_GROUP: `sealer-${database}`,
        }),
    ...(name === 'setup' ? { SEALSTREAM_PARTITIONS: '2' } : {}),
    ...(name === 'gateway' ? { SEALSTREAM_HOST: '127.0.0.1', SEALSTREAM_PORT: String(ports.gateway) } : {}),
    // Compose would put in the defaults.
    ...(name === 'alerts'
      ? {
          SEALSTREAM_METRICS_PORT: String(ports.alerts),
          SEALSTREAM_ALERT_HTTP: 'no',
          SEALSTREAM_ALERT_TARGETS: '',
          SEALSTREAM_PUBLIC_URL: `http://127.0.0.1:${ports.gateway}`,
        }
      : {}),
    ...(name === 'sealer' ? { SEALSTREAM_METRICS_PORT: String(ports.sealer), SEALSTREAM_WITNESSES: '' } : {}),
    ...(name === 'witness'
      ? {
          SEALSTREAM_METRICS_PORT: String(ports.witness),
          SEALSTREAM_WITNESS_HOST: '127.0.0.1',
          SEALSTREAM_WITNESS_PORT: String(ports.cosigning),
        }
      : {}),
    ...(name === 'verifier' ? { SEALSTREAM_METRICS_PORT: String(ports.verifier) } : {}),
    ...(name === 'consumer' ? { SEALSTREAM_METRICS_PORT: String(ports.consumer) } : {}),
  });
  const commandOf = (name: string): [string, string[]] => {
    const [program, ...args] = services[name]!.command!;
    assert.equal(program, 'node');
    return [process.execPath, args.map(here)];
  };
  const runJob = (name: string): string => {
    const [program, args] = commandOf(name);
    const { status, stdout, stderr } = spawnSync(program, args, {
      cwd: app,
      env: environmentOf(name),
      encoding: 'utf8',
      timeout: 120_000,
    });
    assert.equal(status, 0, `${stdout}${stderr}`);
    return stdout;
  };
  const start = (name: string): ChildProcess => {
    const [program, args] = commandOf(name);
    const child = spawn(program, args, { cwd: app, env: environmentOf(name), stdio: ['ignore', 'ignore', 'inherit'] });
    running.push(child);
    return child;
  };
  const isHealthy = (name: string): boolean => {
    const [, program, ...args] = services[name]!.healthcheck!.test;
    assert.equal(program, 'node');
    return spawnSync(process.execPath, args.map(here), { cwd: app, timeout: 10_000 }).status === 0;
  };
  const waitHealthy = async (name: string): Promise<void> => {
    for (const until = Date.now() + 60_000; !isHealthy(name); await sleep(200)) {
      assert.ok(Date.now() < until, `${name} does not get healthy`);
    }
  };

  before(async () => {
    layOutImage(app);
    ports = {
      gateway: await freePort(),
      consumer: await freePort(),
      alerts: await freePort(),
      sealer: await freePort(),
      witness: await freePort(),
      verifier: await freePort(),
      cosigning: await freePort(),
    };
    // The image has these folders, and volumes take them over.
    for (const mount of ['init', 'sealer', 'witness'].flatMap((name) => services[name]!.volumes!))
      mkdirSync(here(mount.split(':')[1]!), { recursive: true });
  });

  after(async () => {
    for (const child of running) child.kill('SIGKILL');
    const admin = createTestKafka().admin();
    await admin.connect();
    await admin.deleteTopics({ topics: Object.values(topics) }).catch(() => {});
    await admin.disconnect();
    rmSync(folder, { recursive: true, force: true });
  });

  test('init makes keys and passwords once, each where it is needed', () => {
    runJob('init');
    const read = (path: string): string => readFileSync(join(folder, path), 'utf8');
    const files = [
      'lib/keys/root.pem',
      'lib/keys/secret',
      'run/secret/secret',
      'run/log-key/log-key.pem',
      'run/witness/witness-key.pem',
      'run/witness/env',
      'run/settings/env',
      'run/clickhouse-users/sealstream.xml',
    ];
    const made = [...files, 'run/redis/redis.conf'].map(read);
    runJob('init');
    assert.deepEqual([...files, 'run/redis/redis.conf'].map(read), made, 'a second run changes nothing');
    assert.equal(statSync(join(folder, 'lib/keys/root.pem')).mode & 0o777, 0o600);

    const settings = parseEnv(read('run/settings/env'));
    assert.equal(settings.KAFKA_BROKERS, 'kafka:9092');
    assert.match(settings.SEALSTREAM_OWN_WITNESS!, /^http:\/\/127\.0\.0\.1:\d+ sealstream\.local\/\w+\/own-witness\+/);
    assert.equal(statSync(join(folder, 'run/log-key/log-key.pem')).mode & 0o777, 0o600);
    const clickhouse = new URL(settings.CLICKHOUSE_URL!);
    assert.deepEqual([clickhouse.username, clickhouse.host], ['sealstream', 'clickhouse:8123']);
    const hash = createHash('sha256').update(clickhouse.password).digest('hex');
    assert.ok(
      read('run/clickhouse-users/sealstream.xml').includes(`<password_sha256_hex>${hash}</password_sha256_hex>`),
    );
    assert.ok(!read('run/clickhouse-users/sealstream.xml').includes(clickhouse.password));
    const redis = new URL(settings.REDIS_URL!);
    assert.equal(redis.host, 'redis:6379');
    assert.ok(read('run/redis/redis.conf').includes(`requirepass ${redis.password}\n`));
  });

  test('the Redis that the written file configures takes the password that services are told', async () => {
    const port = await freePort();
    const data = join(folder, 'redis-data');
    mkdirSync(data);
    const conf = join(folder, 'redis.conf');
    const written = readFileSync(join(folder, 'run/redis/redis.conf'), 'utf8');
    writeFileSync(conf, written.replace('dir /data\n', `dir ${data}\n`));
    const args = [conf, '--port', String(port), '--bind', '127.0.0.1'];
    const redis = spawn('redis-server', args, { stdio: 'ignore' });
    running.push(redis);
    const { password } = new URL(parseEnv(readFileSync(join(folder, 'run/settings/env'), 'utf8')).REDIS_URL!);
    const ask = (...more: string[]): string =>
      spawnSync('redis-cli', ['-p', String(port), ...more, 'ping'], { encoding: 'utf8' }).stdout;
    for (const until = Date.now() + 10_000; !/NOAUTH/.test(ask()); await sleep(100)) assert.ok(Date.now() < until);
    assert.match(ask('--no-auth-warning', '-a', password), /PONG/);
    redis.kill('SIGTERM');
    await once(redis, 'exit');
  });

  test('setup makes topics and tables, and finds them made the second time', () => {
    assert.match(runJob('setup'), new RegExp(`${topics.events.replaceAll('.', '\\.')} has 2 partitions`));
    assert.match(runJob('setup'), /is up to date/);
  });

  test('the services get healthy, take an event, give it back and seal it, then end in good order', async () => {
    const [consumer, alerts, gateway] = [start('consumer'), start('alerts'), start('gateway')];
    const [witness, sealer, verifier] = [start('witness'), start('sealer'), start('verifier')];
    await waitHealthy('gateway');
    await waitHealthy('consumer');
    await waitHealthy('alerts');
    await waitHealthy('witness');
    await waitHealthy('sealer');
    await waitHealthy('verifier');
    const key = readFileSync(join(folder, 'lib/keys/admin.key'), 'utf8').trim();
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const url = `http://127.0.0.1:${ports.gateway}/api/audit`;
    const event = { organization_id: 'acme', action: 'container.started', message: 'hello' };
    const sent = await fetch(`${url}/events`, { method: 'POST', headers, body: JSON.stringify(event) });
    assert.equal(sent.status, 202, await sent.text());
    for (const until = Date.now() + 30_000; ; await sleep(200)) {
      const answer = await fetch(`${url}?action=container.started`, { headers });
      const { events } = (await answer.json()) as { events: { message: string }[] };
      if (events.length === 1) break;
      assert.ok(Date.now() < until, 'the event is stored');
    }
    for (const until = Date.now() + 30_000; ; await sleep(200)) {
      const { shards } = (await (await fetch(`http://127.0.0.1:${ports.gateway}/api/log`)).json()) as {
        shards: { name: string }[];
      };
      const notes = await Promise.all(
        shards.map(async ({ name }) =>
          (await fetch(`http://127.0.0.1:${ports.gateway}/api/log/${name}/checkpoint`)).text(),
        ),
      );
      if (notes.length === 3 && notes.every((note) => /\n— \S+\/own-witness /.test(note))) break;
      assert.ok(Date.now() < until, `cosigned checkpoints: ${notes.join('\n')}`);
    }
    for (const child of [gateway, verifier, sealer, witness, alerts, consumer]) {
      child.kill('SIGTERM');
      const [code] = (await once(child, 'exit')) as [number | null];
      assert.equal(code, 0);
    }
    assert.equal(isHealthy('gateway'), false);
  });
});
