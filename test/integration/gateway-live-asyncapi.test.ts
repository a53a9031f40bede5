import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ajv, type ValidateFunction } from 'ajv';
import { createKafka } from '../../services/core/clients/kafka.js';
import { createLogger } from '../../services/core/log.js';
import { asyncApi } from '../../services/gateway/live/asyncapi.js';
import { type AlertTopic, createAlertTopic, someFinding } from '../support/alert-topic.js';
import { openEventSource } from '../support/event-source.js';
import { createLiveWorld, type LiveWorld } from '../support/live-world.js';
import { type QueryGateway, startQueryGateway } from '../support/query-gateway.js';
import { uniqueName } from '../support/stack.js';
import { openStream, type StreamClient } from '../support/stream-client.js';

interface Described {
  channels: Record<string, { address: string; messages: Record<string, unknown> }>;
  operations: Record<string, { action: string; messages: { $ref: string }[] }>;
  components: { messages: Record<string, { payload: Record<string, unknown> }> };
}
const document = JSON.parse(JSON.stringify(asyncApi('1.2.3'))) as Described;
const formats = { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, uuid: /^[0-9a-f-]{36}$/ };

/** What the document does not name is a fault of the document, so nothing beside it passes. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, closed(part)]));
  const isOpen = inner.type === 'object' && inner.properties && inner.additionalProperties === undefined;
  return isOpen ? { ...inner, additionalProperties: false } : inner;
}

const validators = new Map<string, ValidateFunction>();
const ajv = new Ajv({ strict: false, formats });
for (const [name, { payload }] of Object.entries(document.components.messages)) {
  validators.set(name, ajv.compile(closed(payload) as object));
}
const faultOf = (name: string, message: unknown): string | undefined => {
  const valid = validators.get(name);
  if (!valid) return `${name} is not described`;
  return valid(message) ? undefined : `${ajv.errorsText(valid.errors)} in ${JSON.stringify(message).slice(0, 300)}`;
};
const namesOf = (operation: string): string[] =>
  document.operations[operation]!.messages.map(({ $ref }) => $ref.split('/').at(-1)!);

describe('the description of the streams', () => {
  let live: LiveWorld;
  let gateway: QueryGateway;
  let alerts: AlertTopic;
  const sent: { type: string }[] = [];
  const say = (client: StreamClient, message: { type: string; [member: string]: unknown }): void => {
    sent.push(message);
    client.send(message);
  };

  before(async () => {
    live = await createLiveWorld({ partitions: 1 });
    await live.startConsumer();
    const { brokers } = live.world.config;
    const log = createLogger('test', 'silent');
    alerts = await createAlertTopic(createKafka({ brokers, clientId: uniqueName('test', '-'), log }));
    gateway = await startQueryGateway(live.world.config, { alertsTopic: alerts.topic });
    gateway.keys.add('acme', ['acme']);
    gateway.keys.add('acme2', ['acme']);
    await live.record([
      {
        message: 'all there is',
        details: { a: [1, null] },
        before: { n: 1 },
        after: { n: 2 },
        path: '/x',
        reason: 'because',
        session_id: 's',
        related: [{ type: 'team', id: 't' }],
      },
    ]);
    await live.world.delivered();
  });
  after(async () => {
    await gateway.stop();
    await alerts.remove();
    await live.remove();
  });

  test('fits every message that goes over a real WebSocket, and each of those that it names does', async () => {
    const client = await openStream(gateway.streamUrl);
    say(client, { type: 'auth', key: 'acme' });
    await client.until('authenticated');
    say(client, { type: 'refresh', key: 'acme2' });
    await client.until('refreshed');
    say(client, { type: 'ping' });
    const filter = { outcome: ['success'], success: true };
    say(client, { type: 'subscribe', id: 'a', since: 'beginning', q: 'action:*', filter, window: 100 });
    say(client, { type: 'subscribe', id: 'b', fields: ['actor.id', 'details'], delivery: 'latest', window: 500 });
    await client.until(({ type, id }) => type === 'caught_up' && id === 'a');
    await client.until(({ type, id }) => type === 'caught_up' && id === 'b');
    say(client, { type: 'subscribe', kind: 'alerts', id: 'alerts', filter: { state: ['open'], level: 'high' } });
    await client.until(({ type, id }) => type === 'subscribed' && id === 'alerts');
    await alerts.say('opened', someFinding('acme'));
    await client.until('alerts');
    say(client, { type: 'ack', id: 'a', to: client.messages.find(({ type }) => type === 'events')!.to });
    await live.record([{ message: 'live' }]);
    await client.until(({ type, id }) => type === 'events' && id === 'b');
    say(client, { type: 'pause', id: 'b' });
    await client.until('paused');
    await live.record([{ message: 'missed' }]);
    await client.untilTrue(() => client.events.some(({ message }) => message === 'missed'));
    await sleep(60);
    say(client, { type: 'resume', id: 'b' });
    await client.until('dropped');
    say(client, { type: 'unsubscribe', id: 'b' });
    await client.until('unsubscribed');
    client.send({ type: 'subscribe', id: 'c', q: 'action:(', since: 'now' });
    client.send({ type: 'subscribe', id: 'c', filter: { organization_id: 'globex' } });
    client.send({ type: 'ack', id: 'a', to: 'nowhere' });
    client.send('junk');
    await client.untilTrue(() => client.messages.filter(({ type }) => type === 'problem').length === 4);
    gateway.keys.revoke('acme2');
    await client.closed;

    for (const message of client.messages) assert.equal(faultOf(message.type, message), undefined);
    for (const message of sent) assert.equal(faultOf(message.type, message), undefined);
    const types = (messages: readonly { type: string }[]): string[] =>
      [...new Set(messages.map(({ type }) => type))].sort();
    assert.deepEqual(types(client.messages), namesOf('sendMessage').sort());
    assert.deepEqual(types(sent), namesOf('takeMessage').sort());
  });

  test('fits every server-sent event', async () => {
    gateway.keys.add('leaver', ['acme']);
    const client = await openEventSource(`${gateway.url}/api/audit/stream/sse?since=beginning`, { key: 'leaver' });
    await client.until('caught_up');
    gateway.keys.revoke('leaver');
    await client.ended;
    for (const { event, data } of client.sent) assert.equal(faultOf(`sse.${event}`, data), undefined);
    assert.deepEqual(
      [...new Set(client.sent.map(({ event }) => `sse.${event}`)), 'sse.dropped'].sort(),
      namesOf('sendEvent').sort(),
    );
  });

  test('names the paths that the gateway has', () => {
    const addresses = Object.values(document.channels).map(({ address }) => address);
    assert.deepEqual(addresses, ['/api/audit/stream', '/api/audit/stream/sse']);
  });
});
