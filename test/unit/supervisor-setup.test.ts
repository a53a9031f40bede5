import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { parseEnv } from 'node:util';
import { readSupervisorConfig } from '../../infra/local/config.js';
import { openIdentity } from '../../infra/local/identity.js';
import { logIdentity, logPublicKeys } from '../../infra/local/log-identity.js';
import { kafkaProperties } from '../../infra/local/parts/kafka-properties.js';
import { isOnLoopback } from '../../infra/local/reachable.js';
import { httpUrl } from '../../infra/local/services.js';
import { openDataFolder } from '../../infra/local/supervisor/data-folder.js';
import { formatEnvFile } from '../../infra/local/supervisor/env-file.js';
import { stablePorts } from '../../infra/local/supervisor/ports.js';
import { temporaryFolder } from '../support/stack-instance.js';

const temporary = temporaryFolder();
after(() => temporary.remove());
let folders = 0;
const newFolder = () => openDataFolder(join(temporary.path, `data${folders++}`));

describe('the identity of a deployment', () => {
  test('is made once, of four Ed25519 keys, a secret, an admin key and an audience', () => {
    const { keys } = newFolder();
    const first = openIdentity({ keys });
    assert.deepEqual(openIdentity({ keys }), first);
    assert.match(first.audience, /^sealstream\.local\/[0-9a-f]{8}$/);
    assert.match(first.adminKey, /^sk_[\w-]{43}$/);
    assert.match(readFileSync(first.files.secret, 'utf8'), /^[0-9a-f]{64}$/);
    for (const file of [first.files.rootKey, first.files.gatewayKey, first.files.logKey, first.files.witnessKey]) {
      assert.equal(createPrivateKey(readFileSync(file)).asymmetricKeyType, 'ed25519');
    }
    const jwk = createPublicKey(createPrivateKey(readFileSync(first.files.rootKey))).export({ format: 'jwk' });
    assert.equal(first.rootPublicKey, Buffer.from(jwk.x!, 'base64url').toString('base64'));
  });

  test('lies in files that only their owner reads', () => {
    const { keys } = newFolder();
    const { files } = openIdentity({ keys });
    assert.equal(statSync(keys).mode & 0o777, 0o700);
    for (const file of Object.values(files)) assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  test('with a lost root key is refused, not silently replaced', () => {
    const { keys } = newFolder();
    const { files } = openIdentity({ keys });
    rmSync(files.rootKey);
    assert.throws(() => openIdentity({ keys }), { code: 'key_missing', message: /root\.pem is missing/ });
  });

  test('of an earlier version gets the keys of the transparency log', () => {
    const { keys } = newFolder();
    const { files, audience } = openIdentity({ keys });
    for (const file of [files.logKey, files.witnessKey]) {
      rmSync(file);
      rmSync(file.replace('.pem', '.pub'));
    }
    assert.equal(openIdentity({ keys }).audience, audience);
    assert.equal(createPrivateKey(readFileSync(files.logKey)).asymmetricKeyType, 'ed25519');
  });

  test('with a lost log key is refused, as long as its public half lies there', () => {
    const { keys } = newFolder();
    const { files, logPublicKey } = openIdentity({ keys });
    assert.equal(readFileSync(join(keys, 'log-key.pub'), 'utf8').trim(), logPublicKey.toString('base64'));
    rmSync(files.logKey);
    assert.throws(() => openIdentity({ keys }), { code: 'key_missing', message: /log-key\.pem is missing/ });
  });

  test('whose log gets a new key signs with both, checks by all that ever signed, and then goes on with the new one alone', () => {
    const { keys } = newFolder();
    const first = openIdentity({ keys });
    assert.deepEqual(logIdentity(first).logKeyFiles, [first.files.logKey]);
    const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
    const place = (name: string): string => join(keys, name);
    writeFileSync(place('log-key-next.pem'), pem, { mode: 0o600 });

    const overlap = openIdentity({ keys });
    const { logKeyFiles, logVkeys } = logIdentity(overlap);
    assert.deepEqual(logKeyFiles, [first.files.logKey, place('log-key-next.pem')]);
    assert.equal(logVkeys.length, 2);
    const next = overlap.nextLogKey!.publicKey;
    assert.equal(logPublicKeys(overlap), `${first.logPublicKey.toString('base64')},${next.toString('base64')}`);

    // As docs/guides/log-keys.md has it.
    appendFileSync(place('log-key-former.pub'), readFileSync(place('log-key.pub')));
    renameSync(place('log-key-next.pem'), place('log-key.pem'));
    renameSync(place('log-key-next.pub'), place('log-key.pub'));
    const last = openIdentity({ keys });
    assert.deepEqual(last.logPublicKey, next);
    assert.equal(logIdentity(last).logVkeys.length, 1);
    assert.equal(logPublicKeys(last), `${next.toString('base64')},${first.logPublicKey.toString('base64')}`);

    appendFileSync(place('log-key-former.pub'), 'no key\n');
    assert.throws(() => openIdentity({ keys }), { code: 'key_unreadable', message: /line 2/ });
  });

  test('gets a new admin key where the old one was deleted', () => {
    const { keys } = newFolder();
    const before = openIdentity({ keys });
    rmSync(before.files.adminKey);
    const now = openIdentity({ keys });
    assert.notEqual(now.adminKey, before.adminKey);
    assert.equal(now.audience, before.audience);
  });
});

describe('the ports of an instance', () => {
  test('are free ones, distinct, and the same on the next start', async () => {
    const { portsFile } = newFolder();
    const names = ['kafka', 'redis', 'clickhouse'] as const;
    const ports = await stablePorts({ portsFile, names });
    assert.equal(new Set(Object.values(ports)).size, 3);
    assert.deepEqual(await stablePorts({ portsFile, names }), ports);
  });

  test('are added to when a new part comes with a new version', async () => {
    const { portsFile } = newFolder();
    const { kafka } = await stablePorts({ portsFile, names: ['kafka'] });
    const both = await stablePorts({ portsFile, names: ['kafka', 'sealer'] });
    assert.equal(both.kafka, kafka);
    assert.notEqual(both.sealer, kafka);
  });

  test('taken by another program are named, with the file to delete', async () => {
    const { portsFile } = newFolder();
    const { redis } = await stablePorts({ portsFile, names: ['redis'] });
    const server = createServer().listen(redis, '127.0.0.1');
    await once(server, 'listening');
    await assert.rejects(stablePorts({ portsFile, names: ['redis'] }), (error: Error) => {
      assert.match(error.message, new RegExp(`Port ${redis} for redis is taken by pid ${process.pid}`));
      assert.ok(error.message.includes(`delete ${portsFile}`));
      return true;
    });
    server.close();
  });

  test('in a broken file are an error that names the file', async () => {
    const { portsFile } = newFolder();
    writeFileSync(portsFile, '{"kafka": 1');
    await assert.rejects(stablePorts({ portsFile, names: ['kafka'] }), { code: 'config_invalid' });
  });
});

describe('the configuration', () => {
  const read = (env: Record<string, string>) => readSupervisorConfig({ env, cwd: '/srv/app' });

  test('has a default for everything', () => {
    const { dataDir, host, port, partitions, external } = read({});
    assert.deepEqual(
      { dataDir, host, port, partitions, external },
      {
        dataDir: '/srv/app/.sealstream',
        host: '127.0.0.1',
        port: 8080,
        partitions: 4,
        external: {},
      },
    );
  });

  test('takes each address by itself as a part that runs elsewhere', () => {
    assert.deepEqual(read({ REDIS_URL: 'redis://r:6379' }).external, { redis: 'redis://r:6379' });
    const brokers = 'a:9092,b:9092';
    assert.deepEqual(read({ KAFKA_BROKERS: brokers, CLICKHOUSE_URL: '' }).external, { kafka: brokers });
  });

  for (const [name, value] of [
    ['SEALSTREAM_PORT', '80a'],
    ['SEALSTREAM_PORT', '70000'],
    ['SEALSTREAM_PARTITIONS', '0'],
  ] as const) {
    test(`refuses ${name}=${value} by name and value`, () => {
      assert.throws(() => read({ [name]: value }), new RegExp(`${name}=${value}`));
    });
  }

  test('knows the instance’s own address, as from a shell that sourced its env file', () => {
    assert.equal(isOnLoopback({ part: 'kafka', address: '127.0.0.1:21000', port: 21_000 }), true);
    assert.equal(isOnLoopback({ part: 'kafka', address: '127.0.0.1:21000,10.0.0.2:9092', port: 21_000 }), false);
    assert.equal(isOnLoopback({ part: 'redis', address: 'redis://:pw@127.0.0.1:21001', port: 21_001 }), true);
    assert.equal(isOnLoopback({ part: 'redis', address: 'redis://127.0.0.1', port: undefined }), false);
    assert.equal(isOnLoopback({ part: 'clickhouse', address: 'http://u:p@db.example:8123', port: 8_123 }), false);
  });

  test('gives a URL that can be opened for any host it listens on', () => {
    assert.equal(httpUrl({ host: '0.0.0.0', port: 80 }), 'http://127.0.0.1:80');
    assert.equal(httpUrl({ host: '::1', port: 8080 }), 'http://[::1]:8080');
  });

  test('of Kafka keeps intents for ever, and acknowledged records through elections', () => {
    const lines = kafkaProperties({ ports: { kafka: 1, kafkaController: 2 }, logDirs: '/d' }).split('\n');
    const value = (name: string) => lines.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1);
    assert.ok(Number(value('offsets.retention.minutes')) > 30_000_000);
    assert.ok(Number(value('offset.metadata.max.bytes')) >= 4_096);
    assert.equal(value('unclean.leader.election.enable'), 'false');
    assert.equal(value('auto.create.topics.enable'), 'false');
  });
});

describe('the env file', () => {
  test('is read back by Node as it was written', () => {
    const variables = { A: 'http://u:p@h:1/x?y=z&k=$HOME', B: 'base64+/==', C: 'a b', D: '' };
    assert.deepEqual({ ...parseEnv(formatEnvFile(variables)) }, variables);
  });

  test('is read by a shell without a word being run or split', async () => {
    const { execFileSync } = await import('node:child_process');
    const file = join(temporary.path, 'shell.env');
    writeFileSync(file, formatEnvFile({ URL: 'http://u:$(id)@h:1/?a=1&b=`id`;c' }));
    const seen = execFileSync('sh', ['-c', `set -a; . ${file}; printf %s "$URL"`], { encoding: 'utf8' });
    assert.equal(seen, 'http://u:$(id)@h:1/?a=1&b=`id`;c');
  });
});
