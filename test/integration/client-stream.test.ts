import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { AuditClient, type AuditEvent, AuditProblem, type StreamOptions } from 'sealstream';
import { createGateway } from '../../services/client/gateway/gateway.js';
import { openAuditStream } from '../../services/client/stream/stream.js';
import { type CuttingProxy, startCuttingProxy } from '../support/cutting-proxy.js';
import { createLiveWorld, deliveryFault, type LiveWorld } from '../support/live-world.js';
import { type QueryGateway, startQueryGateway } from '../support/query-gateway.js';

/** Resolves once it holds. */
async function until(condition: () => boolean, timeoutMs = 30_000): Promise<void> {
  for (const end = Date.now() + timeoutMs; !condition(); await sleep(10)) {
    if (Date.now() > end) throw new Error(`not within ${timeoutMs} ms`);
  }
}

describe('streamAuditEvents', () => {
  let live: LiveWorld;
  let gateway: QueryGateway;
  let proxy: CuttingProxy;
  let audit: AuditClient;
  /** Everything that was published so far. */
  const sent: string[] = [];
  const publish = async (records: number, perRecord: number): Promise<string[]> => {
    const said = await live.publish(records, perRecord);
    sent.push(...said);
    return said;
  };
  const newClient = (apiKey = 'acme'): AuditClient => new AuditClient({ url: proxy.url, apiKey });

  before(async () => {
    live = await createLiveWorld();
    await live.startConsumer();
    gateway = await startQueryGateway(live.world.config, { limits: { unsentBytes: 16_384, stallMs: 1_000 } });
    gateway.keys.add('acme', ['acme']);
    proxy = await startCuttingProxy(gateway.url);
    audit = newClient();
    await publish(60, 5);
    await live.world.delivered();
  });
  afterEach(async () => {
    await audit.close();
    audit = newClient();
  });
  after(async () => {
    await audit.close();
    await proxy.close();
    await gateway.stop();
    await live.remove();
  });

  /** Collects messages of events by callback. */
  const collect = (options: StreamOptions = {}) => {
    const messages: unknown[] = [];
    const stream = audit.streamAuditEvents({ since: 'beginning', ...options, fields: undefined }, ({ message }) => {
      messages.push(message);
    });
    return { messages, stream };
  };

  test('gives history, then what happens, each event once', async () => {
    const caughtUp: string[] = [];
    const { messages, stream } = collect({ onCaughtUp: (cursor) => caughtUp.push(cursor) });
    await until(() => caughtUp.length > 0);
    assert.equal(deliveryFault(messages, sent), undefined);
    await publish(30, 5);
    await until(() => messages.length >= sent.length);
    assert.equal(deliveryFault(messages, sent), undefined);
    stream.close();
    await stream.closed;
  });

  test('without since gives what is recorded after it is ready', async () => {
    const messages: unknown[] = [];
    const stream = audit.streamAuditEvents({}, ({ message }) => messages.push(message));
    await stream.ready;
    const said = await publish(6, 3);
    await until(() => messages.length >= said.length);
    assert.equal(deliveryFault(messages, said), undefined);
  });

  test('loses and repeats nothing while its connections are cut, wherever in a message', async () => {
    const problems: string[] = [];
    const { messages } = collect({ onProblem: ({ code }) => problems.push(code) });
    for (let cuts = 1; cuts <= 12; cuts += 1) {
      proxy.cutAfter(Math.floor(Math.random() * 40_000));
      await publish(9, 20);
      await sleep(Math.random() * 100);
      for (; problems.length < cuts; await sleep(300)) proxy.cut();
    }
    await until(() => messages.length >= sent.length);
    assert.equal(deliveryFault(messages, sent), undefined);
    assert.deepEqual(
      problems.filter((code) => code !== 'cut' && code !== 'unreachable'),
      [],
    );
  });

  test('goes on with another gateway when the first one stops', async () => {
    const second = await startQueryGateway(live.world.config);
    second.keys.add('acme', ['acme']);
    const first = await startQueryGateway(live.world.config);
    first.keys.add('acme', ['acme']);
    try {
      proxy.leadTo(first.url);
      const problems: string[] = [];
      const { messages, stream } = collect({ onProblem: ({ code }) => problems.push(code) });
      await until(() => messages.length >= sent.length);
      proxy.leadTo(second.url);
      await first.stop();
      await publish(9, 5);
      await until(() => messages.length >= sent.length);
      assert.equal(deliveryFault(messages, sent), undefined);
      assert.deepEqual(problems, ['unavailable']);
      stream.close();
      await stream.closed;
    } finally {
      proxy.leadTo(gateway.url);
      await second.stop();
    }
  });

  test('finds out by itself that the network stands still', async () => {
    const messages: unknown[] = [];
    const { stream, settled } = openAuditStream({
      gateway: createGateway({ url: proxy.url, apiKey: 'acme', userAgent: 'test' }),
      options: {},
      callback: ({ message }) => messages.push(message),
      times: { openMs: 1_000, keepaliveMs: 150 },
    });
    await stream.ready;
    proxy.freeze();
    const said = await publish(3, 2);
    await until(() => messages.length >= said.length);
    assert.equal(deliveryFault(messages, said), undefined);
    stream.close();
    await settled;
  });

  test('waits for its callback, holds little meanwhile, and is none the worse when the gateway loses patience', async () => {
    const text = 'x'.repeat(4_000);
    await live.record(Array.from({ length: 200 }, (_, at) => ({ message: `big #${at}`, details: { text } })));
    for (let record = 1; record < 40; record += 1) {
      await live.record(
        Array.from({ length: 200 }, (_, at) => ({ message: `big #${record * 200 + at}`, details: { text } })),
      );
    }
    const messages: unknown[] = [];
    const problems: string[] = [];
    let working = 0;
    let bytesMeanwhile = 0;
    const stream = audit.streamAuditEvents(
      { since: 'beginning', filter: { q: 'message:big' }, onProblem: ({ code }) => problems.push(code) },
      async ({ message }) => {
        working += 1;
        assert.equal(working, 1, 'called again before it was done');
        if (messages.length === 600) {
          const before = proxy.bytesToClient;
          for (let closed = false; !closed; await sleep(100)) {
            closed = /stream_closed_total\{why="stalled"[^}]*\} [1-9]/.test(await gateway.metrics());
          }
          bytesMeanwhile = proxy.bytesToClient - before;
        }
        messages.push(message);
        working -= 1;
      },
    );
    await until(() => messages.length >= 8_000, 60_000);
    assert.deepEqual(
      messages,
      Array.from({ length: 8_000 }, (_, at) => `big #${at}`),
    );
    assert.deepEqual(problems, ['rate-limited']);
    // Of 33 MB; most of it lies in the buffers of sockets.
    assert.ok(bytesMeanwhile < 12_000_000, `${bytesMeanwhile} bytes came while nothing was taken`);
    stream.close();
    await stream.closed;
  });

  test('is iterated too, and closed by leaving the loop', async () => {
    const messages: unknown[] = [];
    const stream = audit.streamAuditEvents({ since: 'beginning', q: '-message:big' });
    for await (const { message } of stream) {
      messages.push(message);
      if (messages.length === sent.length) break;
    }
    assert.equal(deliveryFault(messages, sent), undefined);
    await stream.closed;
    assert.throws(() => stream[Symbol.asyncIterator](), { code: 'client_config' });
  });

  test('resumes behind any batch', async () => {
    const messages: unknown[] = [];
    let since = 'beginning';
    while (messages.length < sent.length) {
      const stream = audit.streamAuditEvents({ since, q: '-message:big' });
      let batches = 0;
      for await (const { events, cursor } of stream.batches()) {
        messages.push(...events.map(({ message }) => message));
        since = cursor;
        batches += 1;
        if (batches === 3 || messages.length >= sent.length) break;
      }
    }
    assert.equal(deliveryFault(messages, sent), undefined);
  });

  test('its cursor is behind what was worked on, not behind what has arrived', async () => {
    const saved: string[] = [];
    const worked: unknown[] = [];
    const crash = new Error('the application failed');
    const first = audit.streamAuditEvents(
      { since: 'beginning', q: '-message:big', onCursor: (cursor) => saved.push(cursor) },
      async ({ message }) => {
        if (worked.length === 1_200) throw crash;
        worked.push(message);
      },
    );
    await assert.rejects(first.closed, crash);
    assert.equal(first.cursor, saved.at(-1));
    const { messages } = collect({ since: first.cursor, q: '-message:big' });
    await until(() => messages.length >= sent.length - worked.length);
    await sleep(100);
    const again = worked.filter((message) => messages.includes(message));
    const kept = worked.filter((message) => !again.includes(message));
    assert.equal(deliveryFault([...kept, ...messages], sent), undefined);
    assert.ok(again.length < 500 && kept.length >= 700, `${kept.length} were kept, ${again.length} came again`);
  });

  test('closing inside the callback keeps what was worked on', async () => {
    const messages: unknown[] = [];
    const first = audit.streamAuditEvents({ since: 'beginning', filter: { q: '-message:big' } }, ({ message }) => {
      messages.push(message);
      first.close();
    });
    await first.closed;
    assert.equal(messages.length, 1);
  });

  test('an abort closes it', async () => {
    const abort = new AbortController();
    const { stream } = collect({ signal: abort.signal });
    await stream.ready;
    abort.abort();
    await stream.closed;
    const late = audit.streamAuditEvents({ signal: abort.signal }, () => {});
    await assert.rejects(late.ready, { code: 'client_closed' });
    await late.closed;
  });

  test('a filter that the gateway refuses ends it, and says where', async () => {
    const stream = audit.streamAuditEvents({ q: 'action:auth AND (' }, () => {});
    const refused = (error: unknown): boolean => {
      assert.ok(error instanceof AuditProblem);
      assert.equal(error.kind, 'invalid-request');
      assert.equal(error.retriable, false);
      assert.equal(error.problem.errors[0]!.parameter, 'q');
      assert.equal(typeof error.problem.errors[0]!.position!.start, 'number');
      return true;
    };
    await assert.rejects(stream.ready, refused);
    await assert.rejects(stream.closed, refused);
    await assert.rejects(async () => {
      for await (const _ of audit.streamAuditEvents({ filter: { actor_type: 'nobody' as never } })) break;
    }, AuditProblem);
    assert.throws(() => audit.streamAuditEvents({ filter: { colour: 'red' } as never }), /no filter/);
  });

  test('a key that is unknown, or revoked under way, ends it', async () => {
    const nobody = newClient('nobody');
    await assert.rejects(nobody.streamAuditEvents({}, () => {}).ready, { kind: 'unauthenticated' });
    await nobody.close();
    gateway.keys.add('passing', ['acme']);
    const passing = newClient('passing');
    const told: unknown[] = [];
    const stream = passing.streamAuditEvents(
      { onProblem: ({ code }, { retryInMs }) => told.push([code, typeof retryInMs]) },
      () => {},
    );
    await stream.ready;
    gateway.keys.revoke('passing');
    await assert.rejects(stream.closed, { kind: 'unauthenticated' });
    assert.deepEqual(told, [
      ['unauthenticated', 'number'],
      ['unauthenticated', 'undefined'],
    ]);
    await passing.close();
  });

  test('closing the client closes its streams, once their callbacks are done', async () => {
    const client = newClient();
    let done = false;
    let began = false;
    const stream = client.streamAuditEvents({ since: 'beginning' }, async (_: AuditEvent) => {
      began = true;
      await sleep(200);
      done = true;
    });
    await until(() => began);
    await client.close();
    assert.equal(done, true);
    await stream.closed;
    assert.throws(() => client.streamAuditEvents(), { code: 'client_closed' });
  });
});
