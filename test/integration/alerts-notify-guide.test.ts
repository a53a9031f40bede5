import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { someAlert } from '../support/alerting.js';
import { createNotifyWorld, type NotifyWorld, until, webhookTo } from '../support/notifying.js';
import { startReceiver } from '../support/receiving.js';
import { temporaryFolder } from '../support/stack-instance.js';

const guide = fileURLToPath(new URL('../../../docs/guides/alert-channels.md', import.meta.url));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('the receiver in the guide', () => {
  const temporary = temporaryFolder();
  let world: NotifyWorld;
  let child: ChildProcess;
  let url: string;
  let printed = '';
  before(async () => {
    world = await createNotifyWorld();
    const [, example] = /```js\n(.*?)```/s.exec(readFileSync(guide, 'utf8')) ?? [];
    assert.ok(example, 'the guide has an example');
    const file = join(temporary.path, 'receiver.mjs');
    writeFileSync(file, example);
    const port = await freePort();
    url = `http://127.0.0.1:${port}/`;
    const env = { ...process.env, PORT: String(port), WEBHOOK_SECRET: 'a-secret-of-the-receiver' };
    child = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
    });
    await until(
      () =>
        fetch(url, { method: 'POST' }).then(
          () => true,
          () => false,
        ),
      'the receiver listens',
    );
  });
  after(async () => {
    child?.kill('SIGKILL');
    await world?.remove();
    temporary.remove();
  });

  test('takes what Sealstream signed, once, and nothing that was changed, replayed, or signed by others', async () => {
    // What Sealstream sends is caught on its way, to be sent again in other shapes.
    const relay = await startReceiver();
    const near = world.open();
    const direct = await near.channels.create('acme', webhookTo(url), 'test');
    const caught = await near.channels.create('acme', webhookTo(relay.url), 'test');
    const stranger = { ...webhookTo(url), settings: { url, secret: 'a-secret-of-somebody-else' } };
    const wrong = await near.channels.create('acme', stranger, 'test');
    near.start();
    const alert = someAlert({ rule: { title: 'Genuine 🔥' } });
    await near.notify([{ alert, channelIds: [direct.id, caught.id], occasion: 'firing' }]);
    await until(() => printed.includes('firing Genuine 🔥'), 'the receiver believes it');
    assert.deepEqual(
      [(await near.test('acme', direct.id)).status, (await near.test('acme', wrong.id)).status],
      [204, 401],
    );

    const [{ headers, body }] = (await relay.arrived(1)) as [(typeof relay.received)[number]];
    const signed = {
      'sealstream-timestamp': headers['sealstream-timestamp'] as string,
      'sealstream-signature': headers['sealstream-signature'] as string,
    };
    const post = async (text: string, change: Record<string, string> = {}) =>
      (await fetch(url, { method: 'POST', body: text, headers: { ...signed, ...change } })).status;
    printed = '';
    assert.deepEqual([await post(body), await post(body)], [204, 204]);
    await until(() => printed !== '', 'it is taken');
    assert.equal(printed.match(/Genuine/g)?.length, 1, 'the double is dropped');
    assert.equal(await post(body.replace('"count":6', '"count":7')), 401);
    const signedAt = (secondsAgo: number) => {
      const timestamp = String(Math.floor(Date.now() / 1_000) - secondsAgo);
      const signature = createHmac('sha256', 'a-secret-of-the-receiver').update(`${timestamp}.${body}`).digest('hex');
      return { 'sealstream-timestamp': timestamp, 'sealstream-signature': `v1=${signature}` };
    };
    assert.deepEqual(
      [await post(body, signedAt(290)), await post(body, signedAt(302))],
      [204, 401],
      'replayed too late',
    );
    assert.equal(await post(body, { 'sealstream-timestamp': 'x' }), 401);
    assert.equal(await post(body, { 'sealstream-signature': 'v1=00' }), 401);
    await relay.close();
  });
});
