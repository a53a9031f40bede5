import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { writeDurably } from '../../services/core/durable-file.js';
import { createLogger } from '../../services/core/log.js';
import {
  logPaths,
  newestTimestampedSize,
  readTimestamps,
  timestampPaths,
} from '../../services/core/log-folder/index.js';
import { createMetrics } from '../../services/core/metrics.js';
import { verifyTimestamp } from '../../services/core/timestamp/index.js';
import { formatCheckpoint, formatNote } from '../../services/core/tlog/index.js';
import {
  createFolderTimestampStore,
  createTimestampClient,
  createTimestampKeeper,
  createTimestampMetrics,
  parseAuthorities,
  startTimestamps,
  type TimestampAuthority,
} from '../../services/sealer/timestamps/index.js';
import {
  type OpensslAuthority,
  opensslMissing,
  policies,
  startOpensslAuthority,
} from '../support/timestamp-authority.js';

const log = createLogger('test', 'silent');
const webcrypto = globalThis.crypto;
const shardA = 'registry';
const shardB = `${'0a'.repeat(16)}-0`;

/** A log's folder with checkpoints as the sealer publishes them. Whoever signs them is no matter here. */
async function logFolder(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'sealstream-log-'));
  // Hooks run in the order of their registration: a keeper may still be writing.
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 20 }));
  return {
    folder,
    /** Gives the digest that is to be timestamped. */
    async publish(shard: string, size: number): Promise<Buffer> {
      const text = formatCheckpoint({ origin: `log.test/${shard}`, size, root: randomBytes(32) });
      const signature = { name: 'log.test', keyId: 0x01020304, signature: randomBytes(64) };
      const contents = formatNote({ text, signatures: [signature] });
      await writeDurably([
        { path: logPaths.checkpointOf(folder, shard, size), contents },
        { path: logPaths.checkpoint(folder, shard), contents },
      ]);
      return createHash('sha256').update(text).digest();
    },
  };
}

async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function until(what: string, holds: () => Promise<boolean> | boolean, withinMs = 20_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms`);
    await sleep(20);
  }
}

describe('Timestamps of checkpoints', { skip: opensslMissing }, () => {
  let real: OpensslAuthority;
  let other: OpensslAuthority;
  before(async () => {
    [real, other] = await Promise.all([startOpensslAuthority({ keys: 'rsa' }), startOpensslAuthority()]);
  });
  after(() => Promise.all([real?.close(), other?.close()]));

  const asked = (authority: OpensslAuthority, name = 'time-one', policy?: string): TimestampAuthority => ({
    name,
    url: new URL(authority.url),
    trustedRoots: [authority.root],
    ...(policy ? { policy } : {}),
  });

  /** A keeper in haste: what takes a minute takes `everyMs`. */
  const keep = (
    t: TestContext,
    {
      folder,
      shards = [shardA],
      authorities,
      everyMs = 0,
      timeoutMs = 5_000,
    }: { folder: string; shards?: string[]; authorities: TimestampAuthority[]; everyMs?: number; timeoutMs?: number },
  ) => {
    const metrics = createMetrics('test', { process: false });
    const stopping = new AbortController();
    const keeper = createTimestampKeeper({
      authorities,
      shards: () => shards,
      store: createFolderTimestampStore(folder),
      requestTimestamp: createTimestampClient({ timeoutMs, attempts: 2, firstWaitMs: 20, signal: stopping.signal }),
      metrics: createTimestampMetrics(metrics),
      log,
      everyMs,
      lookEveryMs: 20,
      waits: { firstMs: 20, mostMs: 200 },
    });
    const stop = (): Promise<void> => {
      stopping.abort();
      return keeper.stop();
    };
    t.after(stop);
    return { stop, metric: async (line: RegExp) => line.test(await metrics.registry.metrics()) };
  };
  const instead = (t: TestContext, authority: OpensslAuthority, answer: OpensslAuthority['instead']): void => {
    authority.instead = answer;
    t.after(() => {
      authority.instead = undefined;
    });
  };

  test('the newest checkpoint of each shard is timestamped; openssl accepts what is kept', async (t) => {
    const { folder, publish } = await logFolder(t);
    await publish(shardA, 3);
    const digests = { [shardA]: await publish(shardA, 7), [shardB]: await publish(shardB, 12) };
    const metrics = createMetrics('test', { process: false });
    const authorities = [asked(real), asked(other, 'time-two', policies.second)];
    const keeper = startTimestamps({ authorities, folder, shards: () => [shardA, shardB], metrics, log });
    t.after(() => keeper.stop());
    for (const [shard, size] of [
      [shardA, 7],
      [shardB, 12],
    ] as const) {
      await until(`two timestamps of ${shard}`, async () => (await readTimestamps(folder, shard, size)).length === 2);
      const [first, second] = await readTimestamps(folder, shard, size);
      assert.match(await real.verify(first!, digests[shard]!), /Verification: OK/);
      assert.match(await other.verify(second!, digests[shard]!), /Verification: OK/);
      const verdict = await verifyTimestamp({
        response: new Uint8Array(second!),
        digest: digests[shard]!,
        trustedRoots: [other.root],
        policies: [policies.second],
        webcrypto,
      });
      assert.ok(verdict.verified, JSON.stringify(verdict));
      await until('the newest', async () => (await newestTimestampedSize(folder, shard)) === size);
    }
    assert.deepEqual(await readTimestamps(folder, shardA, 3), []);
    await keeper.stop();
    assert.match(
      await metrics.registry.metrics(),
      /sealstream_sealer_timestamps_total\{authority="time-two",[^}]*\} 2/,
    );
    assert.match(
      await metrics.registry.metrics(),
      /timestamp_waiting_seconds\{shard="registry",authority="time-one",[^}]*\} 0/,
    );
  });

  test('a shard is timestamped once in a while, and not at all while nothing is new', async (t) => {
    const { folder, publish } = await logFolder(t);
    await publish(shardA, 1);
    const before = real.asked;
    const everyMs = 800;
    keep(t, { folder, authorities: [asked(real)], everyMs });
    const startedMs = Date.now();
    let size = 1;
    while (Date.now() - startedMs < 1_800) {
      size += 1;
      await publish(shardA, size);
      await sleep(50);
    }
    const most = 1 + Math.ceil((Date.now() - startedMs) / everyMs);
    assert.ok(real.asked - before >= 2 && real.asked - before <= most, `${real.asked - before} times, at most ${most}`);
    await until('the last one', async () => (await readTimestamps(folder, shardA, size)).length === 1);
    const quiet = real.asked;
    await sleep(everyMs + 200);
    assert.equal(real.asked, quiet);
  });

  test('after a start it goes on where it was: what is timestamped is not asked for again', async (t) => {
    const { folder, publish } = await logFolder(t);
    await publish(shardA, 5);
    const first = keep(t, { folder, authorities: [asked(real)] });
    await until('a timestamp', async () => (await newestTimestampedSize(folder, shardA)) === 5);
    await first.stop();
    const before = real.asked;
    const second = keep(t, { folder, authorities: [asked(real)] });
    await until('its age', () =>
      second.metric(/timestamp_age_seconds\{shard="registry",authority="time-one",[^}]*\} \d/),
    );
    assert.equal(real.asked, before);
    await publish(shardA, 6);
    await until('the next', async () => (await newestTimestampedSize(folder, shardA)) === 6);
    assert.equal(real.asked, before + 1);
    await second.stop();

    // One that was damaged is none: another takes its place.
    await writeFile(timestampPaths.timestamp(folder, shardA, 'time-one', 6), 'damaged');
    const third = keep(t, { folder, authorities: [asked(real)] });
    await until('another', async () => (await readTimestamps(folder, shardA, 6))[0]!.length > 1_000);
    assert.equal(await third.metric(/timestamp_failures_total\{authority="time-one",reason="folder",[^}]*\} 1/), true);
  });

  test('an authority that hangs delays no other, and not the stop', async (t) => {
    const { folder, publish } = await logFolder(t);
    await publish(shardA, 1);
    // It takes the request, gives the beginning of an answer, and nothing more.
    instead(t, other, (_query, response) => {
      response.writeHead(200, { 'content-type': 'application/timestamp-reply' });
      response.write(Buffer.of(0x30, 0x82));
    });
    const authorities = [asked(other, 'time-hung'), asked(real)];
    const { stop, metric } = keep(t, { folder, authorities, timeoutMs: 30_000 });
    for (let size = 1; size <= 4; size++) {
      await publish(shardA, size);
      await until(`a timestamp of ${size}`, async () => (await readTimestamps(folder, shardA, size)).length === 1);
    }
    await until('it waits', () =>
      metric(/waiting_seconds\{shard="registry",authority="time-hung",[^}]*\} (0\.\d*[1-9]|[1-9])/),
    );
    const stopsMs = Date.now();
    await stop();
    assert.ok(Date.now() - stopsMs < 5_000);
  });

  test('an authority that is away is asked again, and for what is newest then', async (t) => {
    const { folder, publish } = await logFolder(t);
    await publish(shardA, 1);
    let requests = 0;
    instead(t, real, (_query, response) => {
      requests += 1;
      response.writeHead(503).end('busy');
    });
    const { metric } = keep(t, { folder, authorities: [asked(real)] });
    await until('failures', () =>
      metric(/timestamp_failures_total\{authority="time-one",reason="authority_away",[^}]*\} [2-9]/),
    );
    await publish(shardA, 2);
    // Two attempts may still be for the first.
    const before = requests;
    await until('requests for the second', () => requests > before + 2);
    real.instead = undefined;
    await until('a timestamp', async () => (await newestTimestampedSize(folder, shardA)) === 2);
    assert.deepEqual(await readTimestamps(folder, shardA, 1), []);
  });

  test('an authority that nobody answers at is away, too', async () => {
    const gone = { ...asked(real), url: new URL(`http://127.0.0.1:${await unusedPort()}/`) };
    const request = createTimestampClient({ attempts: 2, firstWaitMs: 1 });
    await assert.rejects(request(gone, randomBytes(32)), {
      code: 'authority_away',
      retriable: true,
      message: /time-one at .*ECONNREFUSED/,
    });
    const slow = createTimestampClient({ attempts: 1, timeoutMs: 0 });
    await assert.rejects(slow(asked(real), randomBytes(32)), { code: 'authority_away', message: /timeout/ });
  });

  const wrongAnswers: {
    name: string;
    code: string;
    says: RegExp;
    answer: (query: Buffer, response: ServerResponse) => unknown;
  }[] = [
    {
      name: 'an answer to an earlier request',
      code: 'timestamp_nonce_differs',
      says: /another request/,
      answer: async (query, response) => {
        // The same digest; the nonce is the last but the five bytes of certReq.
        const earlier = Buffer.from(query);
        earlier[earlier.length - 4]! ^= 1;
        response.end(await real.reply(earlier));
      },
    },
    {
      name: 'an answer by somebody else',
      code: 'timestamp_chain_untrusted',
      says: /not signed by O=Test Time, CN=Test Time Root/,
      answer: async (query, response) => response.end(await other.reply(query)),
    },
    {
      name: 'a page',
      code: 'timestamp_malformed',
      says: /not DER/,
      answer: (_, response) => response.end('<html></html>'),
    },
    { name: 'nothing', code: 'timestamp_truncated', says: /cut/, answer: (_, response) => response.end() },
    {
      name: 'an answer that does not end',
      code: 'authority_answer',
      says: /more than 65536 bytes/,
      answer: (_, response) => {
        const more = (): void => {
          if (!response.destroyed) response.write(Buffer.alloc(65_536, 0x30), more);
        };
        more();
      },
    },
    {
      name: 'not found',
      code: 'authority_answer',
      says: /404; look at its url/,
      answer: (_, response) => response.writeHead(404).end(),
    },
    {
      name: 'a way to elsewhere',
      code: 'authority_answer',
      says: /302; look at its url/,
      answer: (_, response) => response.writeHead(302, { location: other.url }).end(),
    },
  ];
  for (const { name, code, says, answer } of wrongAnswers) {
    test(`${name} is named, and not kept`, async (t) => {
      const { folder, publish } = await logFolder(t);
      await publish(shardA, 1);
      instead(t, real, (query, response) => void answer(query, response));
      const authority = asked(real);
      await assert.rejects(
        createTimestampClient({ attempts: 1 })(authority, randomBytes(32)),
        (error: Error & { code: string }) => {
          assert.equal(error.code, code, error.message);
          assert.match(error.message, says);
          return true;
        },
      );
      const { metric } = keep(t, { folder, authorities: [authority] });
      await until('the failure', () => metric(new RegExp(`failures_total\\{authority="time-one",reason="${code}"`)));
      assert.deepEqual(await readTimestamps(folder, shardA, 1), []);
    });
  }

  test('what is kept lies where any web server could serve it', async (t) => {
    const { folder, publish } = await logFolder(t);
    await publish(shardB, 9);
    keep(t, { folder, shards: [shardB], authorities: [asked(real)] });
    await until('a timestamp', async () => (await newestTimestampedSize(folder, shardB)) === 9);
    assert.deepEqual((await readdir(join(folder, shardB, 'timestamps', 'time-one'))).sort(), ['9.tsr', 'newest']);
    assert.equal(await readFile(timestampPaths.newest(folder, shardB, 'time-one'), 'utf8'), '9\n');
    // As docs/guides/timestamps.md says.
    const commands = [
      `sed '/^$/,$d' ${shardB}/checkpoints/9 > body`,
      `openssl ts -verify -data body -in ${shardB}/timestamps/time-one/9.tsr -CAfile ${real.rootFile}`,
    ];
    const { stdout, stderr } = await promisify(execFile)('sh', ['-ec', commands.join('\n')], { cwd: folder });
    assert.match(stdout + stderr, /Verification: OK/);
  });

  test('the list of authorities is read strictly, and what is wrong in it is named', async () => {
    const read = (list: unknown) =>
      parseAuthorities(typeof list === 'string' ? list : JSON.stringify(list), {
        folder: real.folder,
        readFile: (path) => {
          if (path.endsWith('empty.pem')) return '';
          if (path.endsWith('root.pem')) return rootPem;
          throw new Error(`no such file: ${path}`);
        },
      });
    const rootPem = await readFile(real.rootFile, 'utf8');
    const good = { name: 'time-one', url: 'https://time.test/tsr', roots: 'root.pem', policy: '1.3.6.1' };
    const [authority] = read([good]);
    assert.deepEqual(authority!.trustedRoots, [real.root]);
    assert.equal(authority!.policy, '1.3.6.1');
    for (const [list, says] of [
      ['{}', /no JSON list/],
      ['nonsense', /no JSON list/],
      [[null], /authority 1 needs a "name"/],
      [[{ ...good, name: '../up' }], /needs a "name" that fits/],
      [[{ ...good, url: 'ftp://time.test' }], /time-one needs a "url"/],
      [[{ ...good, policy: 'any' }], /object identifier/],
      [[{ ...good, roots: undefined }], /needs "roots"/],
      [[{ ...good, roots: 'empty.pem' }], /no certificate in empty\.pem/],
      [[{ ...good, roots: 'gone.pem' }], /cannot be read: no such file/],
      [[{ ...good, retries: 3 }], /"retries", which is not known/],
      [[good, good], /two timestamp authorities have the name time-one/],
      [Array.from({ length: 9 }, (_, i) => ({ ...good, name: `t${i}` })), /at most 8/],
    ] as const) {
      assert.throws(
        () => read(list),
        (error: Error & { code: string }) => error.code === 'config' && says.test(error.message),
      );
    }
  });
});
