import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLiveWorld, type LiveWorld } from '../support/live-world.js';
import { type QueryGateway, startQueryGateway } from '../support/query-gateway.js';
import { openStream, type StreamClient } from '../support/stream-client.js';

/** A WebSocket whose frames the test writes byte by byte. */
async function openRaw(
  url: string,
  key: string,
): Promise<{ socket: Socket; text: () => string; closed: Promise<void> }> {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  let got = '';
  socket.on('data', (data) => {
    got += data.toString('latin1');
  });
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.write(
    `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-API-Key: ${key}\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: audit.v1\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
  );
  while (!got.includes('\r\n\r\n')) await sleep(5);
  return { socket, text: () => got, closed };
}

/** A frame of a client: masked with zeros, so that its payload stays as it is. */
const frame = (opcode: number, payload: Buffer, { final = true, rsv = 0 } = {}): Buffer => {
  const head = Buffer.alloc(payload.length < 126 ? 2 : 4);
  head[0] = (final ? 0x80 : 0) | (rsv << 4) | opcode;
  head[1] = 0x80 | Math.min(payload.length, 126);
  if (payload.length >= 126) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, Buffer.alloc(4), payload]);
};

describe('a hostile peer', () => {
  let live: LiveWorld;
  let gateway: QueryGateway;
  let bystander: StreamClient;

  before(async () => {
    live = await createLiveWorld({ partitions: 1 });
    await live.startConsumer();
    gateway = await startQueryGateway(live.world.config);
    gateway.keys.add('acme', ['acme']);
    gateway.keys.add('globex', ['globex']);
    bystander = await openStream(gateway.streamUrl, { key: 'acme' });
    bystander.send({ type: 'subscribe', id: 'all' });
    await bystander.until('subscribed');
  });
  after(async () => {
    await bystander.close();
    await gateway.stop();
    await live.remove();
  });
  /** Whoever else is connected still gets every event. */
  const othersAreWell = async (): Promise<void> => {
    const before = bystander.events.length;
    await live.publish(1, 2);
    await bystander.untilTrue(() => bystander.events.length >= before + 2, 5_000);
  };

  const junk: [what: string, bytes: Buffer][] = [
    ['bytes that are no frames', randomBytes(4_096)],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['a frame that is not masked', Buffer.from([0x81, 0x02, 0x7b, 0x7d])],
    ['a reserved bit: compression that nobody agreed on', frame(1, Buffer.from('{}'), { rsv: 4 })],
    ['an opcode that does not exist', frame(11, Buffer.from('{}'))],
    ['text that is no UTF-8', frame(1, Buffer.from([0xff, 0xfe, 0x80]))],
    ['a continuation of nothing', frame(0, Buffer.from('{}'))],
    ['a ping longer than pings may be', frame(9, Buffer.alloc(126))],
    ['a length of 2⁶³', Buffer.from('81fffffffffffffffffff0000000000000', 'hex')],
    [
      'a message in pieces that is too large as a whole',
      Buffer.concat([
        frame(1, Buffer.alloc(40_000, 'a'), { final: false }),
        frame(0, Buffer.alloc(40_000, 'a'), { final: false }),
      ]),
    ],
  ];
  for (const [what, bytes] of junk) {
    test(`is cut off for ${what}`, async () => {
      const raw = await openRaw(gateway.streamUrl, 'acme');
      raw.socket.write(bytes);
      await raw.closed;
      await othersAreWell();
    });
  }

  test('is refused after a burst of random frames, and nothing else happens', async () => {
    const rounds = Array.from({ length: 30 }, async (_, round) => {
      const raw = await openRaw(gateway.streamUrl, 'acme');
      for (let at = 0; at < 12; at += 1) raw.socket.write(frame(1 + (round % 2), randomBytes(at * 7)));
      await raw.closed;
    });
    await Promise.all(rounds);
    await othersAreWell();
  });

  test('that floods with pings and reads nothing piles up nothing', async () => {
    const raw = await openRaw(gateway.streamUrl, 'acme');
    raw.socket.pause();
    const flood = Buffer.concat(Array.from({ length: 2_000 }, () => frame(9, Buffer.alloc(125))));
    raw.socket.write(flood);
    await sleep(200);
    raw.socket.resume();
    await raw.closed;
    assert.ok(raw.text().length < 40_000, `${raw.text().length} bytes came back`);
    assert.match(raw.text(), /rate-limited/);
    await othersAreWell();
  });

  test('is told what is wrong with a query of 10,000 terms, live as in history', async () => {
    const client = await openStream(gateway.streamUrl, { key: 'acme' });
    const terms = (count: number, each: string): string => Array.from({ length: count }, () => each).join(' ');
    client.send({ type: 'subscribe', id: 'terms', q: terms(10_000, 'a:b') });
    client.send({ type: 'subscribe', id: 'words', q: terms(8_000, 'x') });
    client.send({ type: 'subscribe', id: 'nested', q: `${'('.repeat(8_000)}a${')'.repeat(8_000)}` });
    client.send({
      type: 'subscribe',
      id: 'many',
      filter: { actor: Array.from({ length: 5_000 }, (_, at) => `u${at}`) },
    });
    for (const id of ['terms', 'words', 'nested', 'many']) {
      const { problem } = await client.until((message) => message.type === 'problem' && message.id === id, 5_000);
      assert.equal(problem!.status, 400, id);
    }
    client.send({ type: 'subscribe', id: 'fine', q: terms(20, 'x') });
    await client.until('subscribed');
    await client.close();
    await othersAreWell();
  });

  test('sees nothing of others with their cursor', async () => {
    await othersAreWell();
    const cursor = bystander.messages.find(({ type }) => type === 'subscribed')!.cursor;
    const client = await openStream(gateway.streamUrl, { key: 'globex' });
    client.send({ type: 'subscribe', id: 'theirs', since: cursor });
    await client.until('caught_up');
    await live.record([{ organization_id: 'globex', message: 'ours' }]);
    await client.untilTrue(() => client.events.length > 0);
    assert.deepEqual(
      client.events.map(({ organization_id }) => organization_id),
      ['globex'],
    );
    await client.close();
  });

  test('hears of cursors that are damaged, of another kind, or of another log', async () => {
    const { cursor } = bystander.messages.find(({ type }) => type === 'subscribed')!;
    const page = await gateway.get<{ next_cursor: string }>('/api/audit?limit=1', 'acme');
    const flipped = `${cursor!.slice(0, 10)}${cursor![10] === 'A' ? 'B' : 'A'}${cursor!.slice(11)}`;
    const client = await openStream(gateway.streamUrl, { key: 'acme' });
    const bad = [
      flipped,
      cursor!.slice(0, -1),
      `${cursor}A`,
      page.body.next_cursor,
      '../../etc',
      '💥',
      'A'.repeat(16_384),
    ];
    for (const [at, since] of bad.entries()) client.send({ type: 'subscribe', id: `b${at}`, since });
    for (const at of bad.keys()) {
      const { problem } = await client.until((message) => message.type === 'problem' && message.id === `b${at}`);
      assert.equal(problem!.status, 400);
    }
    await client.close();
  });

  test('opens and drops connections by the hundred, half of them in the middle of a subscription', async () => {
    for (let round = 0; round < 10; round += 1) {
      const clients = await Promise.all(
        Array.from({ length: 15 }, () => openStream(gateway.streamUrl, { key: 'acme' })),
      );
      for (const [at, client] of clients.entries()) {
        client.send({ type: 'subscribe', id: 'x', since: at % 2 ? 'beginning' : 'now' });
        client.cut();
      }
      await Promise.all(clients.map(({ closed }) => closed));
    }
    await othersAreWell();
    const open = async (): Promise<number> =>
      Number(/^sealstream_gateway_stream_subscriptions\{.*\} (\d+)$/m.exec(await gateway.metrics())?.[1]);
    for (let tries = 0; (await open()) > 1 && tries < 50; tries += 1) await sleep(50);
    assert.equal(await open(), 1, 'only the bystander’s is left');
  });
});
