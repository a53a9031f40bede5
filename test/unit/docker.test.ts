import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { MAX_MESSAGE_BYTES } from '../../infra/local/parts/kafka-properties.js';
import { packageRoot } from '../../services/core/paths.js';
import { readComposeFile, repositoryFile } from '../support/compose-file.js';

const { services, volumes, networks } = readComposeFile();
const entries = Object.entries(services);
const ours = entries.filter(([, { build }]) => build);
const jobs = entries.filter(([, { restart }]) => restart === 'no').map(([name]) => name);

describe('docker-compose.yml', () => {
  test('runs the three parts, two jobs and six services', () => {
    assert.deepEqual(Object.keys(services).sort(), [
      'alerts',
      'clickhouse',
      'consumer',
      'gateway',
      'init',
      'kafka',
      'redis',
      'sealer',
      'setup',
      'verifier',
      'witness',
    ]);
    assert.deepEqual(jobs, ['init', 'setup']);
  });

  test('names a version of every image that it does not build', () => {
    for (const [name, { image = '', build }] of entries) {
      if (build) continue;
      assert.match(image, /^[a-z/-]+:\d+(\.\d+)+[a-z0-9.-]*$/, name);
    }
  });

  test('runs the Kafka that the embedded part is', () => {
    const version = /<kafka\.version>([^<]+)</.exec(repositoryFile('infra/local/kafka/pom.xml'))?.[1];
    assert.equal(services.kafka!.image, `apache/kafka:${version}`);
    assert.equal(services.kafka!.environment!.KAFKA_MESSAGE_MAX_BYTES, String(MAX_MESSAGE_BYTES));
    assert.equal(services.kafka!.environment!.KAFKA_LOG_MESSAGE_TIMESTAMP_TYPE, 'LogAppendTime');
  });

  test('runs nothing as root, and our own without capabilities on a root that cannot be written', () => {
    for (const [name, service] of entries) {
      // The image of Kafka names its own user, appuser.
      if (name !== 'kafka') assert.match(service.user ?? '', /^[1-9]\d*:[1-9]\d*$/, name);
      assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name);
    }
    for (const [name, service] of [...ours, ['redis', services.redis!] as const]) {
      assert.equal(service.read_only, true, name);
      assert.deepEqual(service.cap_drop, ['ALL'], name);
    }
  });

  test('publishes the gateway on loopback and nothing else; only it, the alerts and the sealer, which tell others outside, have a way out', () => {
    const published = entries.filter(([, { ports }]) => ports);
    assert.deepEqual(
      published.map(([name, { ports }]) => [name, ports]),
      [['gateway', ['$'.concat('{SEALSTREAM_BIND:-127.0.0.1}:$', '{SEALSTREAM_PORT:-8080}:8080')]]],
    );
    assert.equal(networks.parts!.internal, true);
    for (const [name, service] of entries) {
      if (['gateway', 'alerts', 'sealer'].includes(name)) assert.deepEqual(service.networks, ['parts', 'front'], name);
      else if (service.network_mode === undefined) assert.deepEqual(service.networks, ['parts'], name);
      else assert.equal(service.network_mode, 'none', name);
    }
  });

  test('bounds every container, and restarts those that shall not end', () => {
    for (const [name, service] of entries) {
      const { cpus, memory } = service.deploy?.resources?.limits ?? {};
      assert.ok(cpus && memory, name);
      if (jobs.includes(name)) continue;
      assert.equal(service.restart, 'unless-stopped', name);
      assert.ok(service.healthcheck, name);
      assert.ok(service.stop_grace_period, name);
    }
  });

  test('waits for what is needed: jobs to be done, services to be healthy', () => {
    for (const [name, { depends_on = {} }] of entries) {
      for (const [other, { condition }] of Object.entries(depends_on)) {
        assert.ok(services[other], `${name} → ${other}`);
        const wanted = jobs.includes(other) ? 'service_completed_successfully' : 'service_healthy';
        assert.equal(condition, wanted, `${name} → ${other}`);
      }
    }
  });

  test('mounts volumes that are there, and keys only where they are used', () => {
    const mounts = entries.flatMap(([name, service]) =>
      (service.volumes ?? []).map((mount) => {
        const [volume, path, mode] = mount.split(':');
        return { name, volume: volume!, path, mode };
      }),
    );
    for (const { volume } of mounts) assert.ok(volume in volumes, volume);
    for (const volume of Object.keys(volumes))
      assert.ok(
        mounts.some((mount) => mount.volume === volume),
        volume,
      );
    const keys = mounts.filter(({ volume }) => volume === 'keys');
    assert.deepEqual(
      keys.map(({ name, mode }) => [name, mode]),
      [
        ['init', undefined],
        ['gateway', 'ro'],
      ],
    );
    const of = (volume: string) =>
      mounts.filter((mount) => mount.volume === volume).map(({ name, mode }) => [name, mode]);
    assert.deepEqual(of('log'), [
      ['sealer', undefined],
      ['verifier', 'ro'],
      ['gateway', 'ro'],
    ]);
    assert.deepEqual(of('secret'), [
      ['init', undefined],
      ['alerts', 'ro'],
    ]);
    assert.deepEqual(of('log-key'), [
      ['init', undefined],
      ['sealer', 'ro'],
    ]);
    assert.deepEqual(of('witness-key'), [
      ['init', undefined],
      ['witness', 'ro'],
    ]);
    assert.deepEqual(of('witness-state'), [['witness', undefined]]);
    for (const { name, volume, mode } of mounts) {
      const isSecret = ['settings', 'clickhouse-users', 'redis-conf', 'secret', 'log-key', 'witness-key'].includes(
        volume,
      );
      if (isSecret && name !== 'init') assert.equal(mode, 'ro', `${name}: ${volume}`);
    }
  });

  test('holds no password: the parts’ are files that init makes', () => {
    for (const [name, { environment = {} }] of entries) {
      for (const [variable, value] of Object.entries(environment)) {
        assert.doesNotMatch(variable, /PASSWORD|TOKEN/, name);
        assert.doesNotMatch(value, /:\/\/[^/]*:[^/]*@/, name);
      }
    }
  });

  test('runs files that the build makes', () => {
    for (const [name, { command = [], healthcheck }] of ours) {
      const files = [...command, ...(healthcheck?.test ?? [])].filter((word) => /\.m?js$/.test(word));
      assert.ok(files.length > 0, name);
      for (const file of files) assert.ok(existsSync(join(packageRoot(), file)), file);
    }
  });
});

describe('Dockerfile', () => {
  const lines = repositoryFile('Dockerfile').split('\n');
  const final = lines.slice(lines.findIndex((line) => / AS sealstream$/.test(line)));

  test('is built on a named version of the Node that we ask for, and runs as its user', () => {
    const from = lines.filter((line) => line.startsWith('FROM ')).map((line) => line.split(' ')[1]!);
    assert.match(from[0]!, /^node:20\.\d+\.\d+-bookworm-slim$/);
    for (const base of from.slice(1)) assert.equal(base, 'base');
    assert.ok(final.includes('USER node'));
  });

  test('leaves chdb out, and takes nothing from the build but what is run', () => {
    const dependencies = repositoryFile('Dockerfile').split('AS dependencies')[1]!.split('FROM')[0]!;
    assert.match(dependencies, /--omit=dev/);
    assert.match(dependencies, /rm -rf node_modules\/chdb node_modules\/@chdb/);
    assert.deepEqual(
      final.filter((line) => line.startsWith('COPY --from=build')),
      ['COPY --from=build /app/dist ./dist'],
    );
    assert.match(repositoryFile('Dockerfile'), /rm -rf dist\/test/);
  });

  test('copies what is there and what .dockerignore lets through', () => {
    const let_through = repositoryFile('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    for (const line of lines.filter((line) => /^COPY (?!--from)/.test(line))) {
      for (const source of line.split(' ').slice(1, -1)) {
        assert.ok(existsSync(join(packageRoot(), source)), source);
        assert.ok(let_through.includes(source.split('/')[0]!), source);
      }
    }
  });

  test('makes the folders that volumes are mounted on, so that they belong to who writes them', () => {
    const made = final
      .join(' ')
      .match(/install -d -o node -g node \\\s+(.+?) COPY/)?.[1]
      ?.trim()
      .split(/\s+/);
    const mounted = ours.flatMap(([, service]) => (service.volumes ?? []).map((mount) => mount.split(':')));
    const written = mounted.filter(([, , mode]) => mode !== 'ro').map(([, path]) => path);
    assert.deepEqual(made?.filter((word) => word !== '\\').sort(), written.sort());
  });
});
