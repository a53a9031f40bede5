import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Redis } from 'ioredis';
import type { EmbeddedStack } from '../../infra/local/embedded.js';
import { LocalError } from '../../infra/local/errors.js';
import { startEmbedded } from '../support/stack.js';
import { temporaryFolder } from '../support/stack-instance.js';

describe('the embedded Redis', () => {
  const temporary = temporaryFolder();
  const dataDir = join(temporary.path, 'data');
  const clients: Redis[] = [];
  const stacks: EmbeddedStack[] = [];
  after(async () => {
    for (const client of clients) client.disconnect();
    for (const stack of stacks) await stack.stop();
    temporary.remove();
  });
  const start = async () => {
    const stack = await startEmbedded({ dataDir, parts: ['redis'], env: process.env });
    stacks.push(stack);
    return stack;
  };
  const connect = (options: { host: string; port: number; password?: string }) => {
    const client = new Redis({ ...options, retryStrategy: () => null });
    client.on('error', () => {});
    clients.push(client);
    return client;
  };

  test('asks for its password, listens on loopback alone, and keeps acknowledged writes over a kill -9', async () => {
    const stack = await start();
    const { hostname: host, port, password } = new URL(stack.addresses.REDIS_URL!);
    await assert.rejects(connect({ host, port: Number(port) }).get('key'), /NOAUTH/);
    const listening = readFileSync(`/proc/${stack.part('redis').pid()}/net/tcp`, 'utf8');
    const hexPort = Number(port).toString(16).toUpperCase();
    assert.match(listening, new RegExp(`0100007F:${hexPort} 00000000:0000 0A`));
    assert.doesNotMatch(listening, new RegExp(`00000000:${hexPort} `));

    await connect({ host, port: Number(port), password }).set('key', 'value');
    await stack.part('redis').kill();
    assert.equal(stack.part('redis').pid(), undefined);
    await stack.part('redis').start();
    assert.equal(await connect({ host, port: Number(port), password }).get('key'), 'value');
    await stack.stop();
  });

  test('that cannot start is an error with the end of its log, and leaves nothing behind', async () => {
    const stack = await start();
    await stack.part('redis').stop();
    const appendOnly = join(dataDir, 'redis/appendonlydir/appendonly.aof.manifest');
    writeFileSync(appendOnly, 'not a manifest\n');
    await assert.rejects(stack.part('redis').start(), (error) => {
      assert.ok(error instanceof LocalError);
      assert.equal(error.code, 'part_failed');
      assert.match(error.message, /redis exited 1\. Its log, .*redis\.log, ends:[\s\S]*manifest/);
      return true;
    });
    assert.equal(stack.part('redis').pid(), undefined);
  });
});
