import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseEnv } from 'node:util';
import { createLogger } from '../../services/core/log.js';
import { createProducer, type Producer } from '../../services/producer/index.js';
import { newKey } from '../support/judging.js';
import { type RunningInstance, startRunningInstance } from '../support/running-instance.js';
import { createTestKafka } from '../support/stack.js';
import { openStream, type StreamClient } from '../support/stream-client.js';

/** All of it: `npm run test:faults`. */
const many = process.env.SEALSTREAM_FAULTS === '1';
const total = many ? 100_000 : 20_000;
const cuts = many ? 20 : 12;
const producerIds = ['till', 'shop', 'door', 'cron'];
/** The flow is stretched over this time, so that the cuts fall into it. */
const flowMs = many ? 45_000 : 14_000;
/** Between cuts, at most. */
const connectedMs = many ? 1_600 : 1_000;
/** How long the client stays away once: in the long flow, longer than the gateway's memory. */
const awayMs = many ? 14_000 : 1_000;

describe('a WebSocket client that is cut at random while events flow', () => {
  let instance: RunningInstance;
  let env: NodeJS.Dict<string>;
  let key: string;
  const producers: Producer[] = [];

  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await fetch(instance.url + path, {
      method,
      headers: {
        authorization: `Bearer ${env.SEALSTREAM_API_KEY}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
    const text = await answer.text();
    return answer.headers.get('content-type')?.includes('json') ? JSON.parse(text) : (text as T);
  };

  before(async () => {
    instance = await startRunningInstance();
    env = parseEnv(readFileSync(join(instance.dataDir, 'env'), 'utf8'));
    const made = { name: 'listener', organizations: ['acme'], permissions: ['view:audit_logs'] };
    key = (await call<{ key: string }>('POST', '/api/keys', made)).key;
    for (const producerId of producerIds) {
      const signingKey = newKey();
      const registered = { public_key: signingKey.publicKey.toString('base64'), producer_id: producerId };
      await call('POST', '/api/producers', { ...registered, organizations: ['acme', 'globex'] });
      const producer = createProducer({
        kafka: createTestKafka(),
        topic: env.SEALSTREAM_EVENTS_TOPIC!,
        audience: env.SEALSTREAM_AUDIENCE!,
        producerId,
        key: signingKey,
        log: createLogger('producer', 'silent'),
      });
      await producer.start();
      producers.push(producer);
    }
  });
  after(async () => {
    await Promise.all(producers.map((producer) => producer.close()));
    await instance.stop();
  });

  /** Each producer its share, evenly over the time of the flow. */
  const flow = async (): Promise<void> => {
    const share = total / producerIds.length;
    const burst = 250;
    for (let from = 0; from < share; from += burst) {
      const waitingSince = Date.now();
      await gatewayBack;
      started += Date.now() - waitingSince;
      const dueMs = started + (from / share) * flowMs;
      if (dueMs > Date.now()) await sleep(dueMs - Date.now());
      // On a busy machine a connection takes its time, and the cuts are to fall into the flow.
      while (cutsMade < Math.floor((from / share) * cuts) - 1) await sleep(20);
      for (const [at, producer] of producers.entries()) {
        for (let n = from; n < from + burst; n += 1) {
          producer.enqueue({
            organization_id: n % 10 === 9 ? 'globex' : 'acme',
            action: 'door.opened',
            service: producerIds[at]!,
            message: `#${n}`,
          });
        }
      }
    }
    await Promise.all(producers.map((producer) => producer.flush()));
  };
  let started = 0;
  let cutsMade = 0;
  /** The flow waits for it: a busy machine takes its time to start one. */
  let gatewayBack: Promise<void> = Promise.resolve();

  /** The supervisor starts it again; what it has in memory begins there. */
  const killGateway = async (): Promise<void> => {
    process.kill(Number(readFileSync(join(instance.dataDir, 'run/gateway.pid'), 'utf8')), 'SIGKILL');
    const ready = (): Promise<boolean> =>
      fetch(`${instance.url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
    for (const until = Date.now() + 60_000; !(await ready()); await sleep(100)) {
      assert.ok(Date.now() < until, 'the gateway is not back');
    }
  };

  test(`receives each of ${total} events exactly once and in order per producer, over ${cuts} cuts and a killed gateway`, async () => {
    const wanted = (total / 10) * 9;
    const received: StreamClient['events'] = [];
    let cursor = 'beginning';
    let cutsInFlow = 0;
    let done = false;
    started = Date.now();
    const flowing = flow().finally(() => {
      done = true;
    });
    const connect = async (): Promise<StreamClient> => {
      const client = await openStream(`${instance.url.replace('http', 'ws')}/api/audit/stream`, { key });
      client.send({ type: 'subscribe', id: 'doors', since: cursor });
      return client;
    };
    /** What came counts up to the last whole frame; its cursor is where to go on. */
    const keep = (client: StreamClient): void => {
      received.push(...client.events);
      cursor = client.messages.findLast(({ type }) => type === 'events')?.to ?? cursor;
    };
    try {
      for (let cut = 0; cut < cuts; cut += 1, cutsMade = cut) {
        const client = await connect();
        await sleep(Math.random() * connectedMs);
        client.cut();
        await client.closed;
        keep(client);
        if (!done) cutsInFlow += 1;
        if (cut === 2) {
          gatewayBack = killGateway();
          await gatewayBack;
        }
        if (cut === 4) await sleep(awayMs);
      }
    } finally {
      cutsMade = cuts;
    }
    await flowing;
    const last = await connect();
    await last.untilTrue(() => received.length + last.events.length >= wanted, 120_000);
    await sleep(500);
    keep(last);
    await last.close();

    assert.ok(cutsInFlow >= cuts - 2, `only ${cutsInFlow} of the cuts fell into the flow`);
    assert.equal(received.length, wanted);
    for (const producerId of producerIds) {
      const own = received.filter(({ service }) => service === producerId).map(({ message }) => message);
      const sent = Array.from({ length: total / producerIds.length }, (_, n) => n).filter((n) => n % 10 !== 9);
      assert.deepEqual(
        own,
        sent.map((n) => `#${n}`),
        `the events of ${producerId}`,
      );
    }
    const metrics = await call<string>('GET', '/metrics');
    const delivered = (from: string): number =>
      Number(new RegExp(`stream_events_total\\{.*from="${from}".*\\} (\\d+)`).exec(metrics)?.[1]);
    console.log(
      `${cutsInFlow} cuts in the flow; ${delivered('live')} events live, ${delivered('history')} from history`,
    );
    assert.ok(delivered('live') > 0 && delivered('history') > 0, 'both ways were gone');
  });

  test('is ended within seconds when its key is revoked through the API', async () => {
    const wanted = { name: 'leaver', organizations: ['acme'], permissions: ['view:audit_logs'] };
    const made = await call<{ key: string; id: string }>('POST', '/api/keys', wanted);
    const client = await openStream(`${instance.url.replace('http', 'ws')}/api/audit/stream`, { key: made.key });
    client.send({ type: 'subscribe', id: 'x' });
    await client.until('subscribed');
    const revokedAt = Date.now();
    await call('DELETE', `/api/keys/${made.id}`);
    assert.deepEqual(await client.closed, { code: 1008, reason: 'revoked' });
    assert.ok(Date.now() - revokedAt < 10_000, `after ${Date.now() - revokedAt} ms`);
    assert.ok(client.messages.find(({ type, id }) => type === 'problem' && id === 'x')!.cursor);
    await assert.rejects(
      openStream(`${instance.url.replace('http', 'ws')}/api/audit/stream`, { key: made.key }),
      /^Error: 401 /,
    );
  });

  test('finds every event verified, by query, as it came by stream', async () => {
    const { events } = await call<{ events: { id: string }[] }>('GET', '/api/audit?limit=40&organization_id=acme');
    assert.equal(events.length, 40);
    const verify = ({ id }: { id: string }) =>
      call<{ verified: boolean; message: string }>('GET', `/api/audit/${id}/verify`);
    for (let at = 0; at < events.length; at += 4) {
      for (const { verified, message } of await Promise.all(events.slice(at, at + 4).map(verify))) {
        assert.equal(verified, true, message);
      }
    }
    const summary = await call<{ total: number }>('GET', '/api/audit/summary?organization_id=acme');
    assert.equal(summary.total, (total / 10) * 9);
  });
});
