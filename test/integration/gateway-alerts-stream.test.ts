import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { createFindingTable, type Finding } from '../../services/alerts/findings/index.js';
import { createClickHouse } from '../../services/core/clients/clickhouse.js';
import { type AlertTopic, createAlertTopic, someFinding } from '../support/alert-topic.js';
import { createGatewayWorld, type GatewayWorld, startTestGateway, type TestGateway } from '../support/gateway.js';
import { uniqueName } from '../support/stack.js';
import { openStream, type StreamClient } from '../support/stream-client.js';

type Change = { change: string; alert: { id: string; state: string; [field: string]: unknown } };

describe('changes of alerts on a stream', () => {
  let world: GatewayWorld;
  let gateway: TestGateway;
  let topic: AlertTopic;
  let acme: string;
  let globex: string;
  const open: StreamClient[] = [];

  before(async () => {
    world = await createGatewayWorld({ partitions: 1 });
    topic = await createAlertTopic(world.kafka);
    gateway = await startTestGateway({ ...world, config: { ...world.config, alertsTopic: topic.topic } });
    acme = await gateway.makeKey(['acme'], ['view:audit_logs', 'manage:alerts']);
    globex = await gateway.makeKey(['globex'], ['view:audit_logs']);
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((client) => client.close()));
  });
  after(async () => {
    await gateway?.stop();
    await topic?.remove();
    await world?.remove();
  });

  const connect = async (key: string, headers: Record<string, string> = {}): Promise<StreamClient> => {
    const client = await openStream(`${gateway.url.replace('http', 'ws')}/api/audit/stream`, { key, headers });
    open.push(client);
    return client;
  };
  const follow = async (key: string, filter: object = {}, headers = {}): Promise<StreamClient> => {
    const client = await connect(key, headers);
    client.send({ type: 'subscribe', kind: 'alerts', id: 'a', filter });
    await client.until('subscribed');
    return client;
  };
  const changesOf = ({ messages }: StreamClient): Change[] =>
    messages.flatMap(({ type, ...rest }) => (type === 'alerts' ? (rest as { changes?: Change[] }).changes! : []));
  const gets = (client: StreamClient, { id }: Finding, change: string): Promise<void> =>
    client.untilTrue(() => changesOf(client).some((one) => one.alert.id === id && one.change === change), 15_000);
  const write = async (findings: Finding[]): Promise<void> => {
    const { clickhouseUrl: url, clickhouseDatabase: database } = world.config.addresses;
    const clickhouse = createClickHouse({ url, database });
    await createFindingTable({ clickhouse, database }).write(findings);
    await clickhouse.close();
  };

  test('come as the alert is listed, with what people did, to its own organization only', async () => {
    const [own, others, everybody] = await Promise.all([follow(acme), follow(globex), follow(world.adminKey)]);
    const finding = someFinding('acme');
    await write([finding]);
    await topic.say('opened', finding);
    await gets(own, finding, 'opened');
    const { body } = await gateway.call('GET', `/api/alerts/${finding.id}`, { key: acme });
    const { actions: _, ...listed } = body;
    assert.deepEqual(changesOf(own)[0]!.alert, listed);
    await gateway.call('POST', `/api/alerts/${finding.id}/acknowledge`, { key: acme });
    await gets(own, finding, 'acknowledged');
    await topic.say('grown', { ...finding, events: 9, version: 2 });
    await gets(own, finding, 'grown');
    await gateway.call('POST', `/api/alerts/${finding.id}/resolve`, { key: acme });
    await gets(own, finding, 'resolved');
    assert.deepEqual(
      changesOf(own).map(({ change, alert }) => [change, alert.state]),
      [
        ['opened', 'open'],
        ['acknowledged', 'acknowledged'],
        ['grown', 'acknowledged'],
        ['resolved', 'resolved'],
      ],
    );
    const last = someFinding('globex');
    await topic.say('opened', last);
    await gets(others, last, 'opened');
    await gets(everybody, last, 'opened');
    assert.deepEqual(
      changesOf(others).map(({ alert }) => alert.id),
      [last.id],
    );
    assert.equal(changesOf(everybody).length, 5);
  });

  test('about events of no organization come only to whoever may see the system scope', async () => {
    const operator = await gateway.makeKey('*', ['view:audit_logs', 'view:system_audit_logs']);
    const reader = await gateway.makeKey('*', ['view:audit_logs']);
    const [all, some, chosen] = await Promise.all([
      follow(operator),
      follow(reader),
      follow(operator, {}, { 'x-organization-id': 'acme' }),
    ]);
    const [system, own] = [someFinding(''), someFinding('acme')];
    await topic.say('opened', system);
    await topic.say('opened', own);
    await Promise.all([all, some, chosen].map((client) => gets(client, own, 'opened')));
    assert.deepEqual(
      [all, some, chosen].map((client) => changesOf(client).length),
      [2, 1, 1],
    );
  });

  test('fit rule, level, group, change and state', async () => {
    const other = { id: 'other', version: 'v', title: 'Other', author: '', level: 'low' as const };
    const finding = someFinding('acme');
    const clients = await Promise.all(
      [
        { rule: 'other' },
        { level: ['low', 'medium'] },
        { group: 'ip:203.0.113.9' },
        { change: 'resolved' },
        { state: 'open' },
        {},
      ].map((filter) => follow(acme, filter)),
    );
    await topic.say('opened', finding);
    await topic.say('opened', someFinding('acme', { rule: other, group: { names: ['ip'], values: ['203.0.113.9'] } }));
    const over = { ...finding, resolvesUs: Date.now() * 1_000 - 1 };
    await topic.say('resolved', over);
    await gets(clients.at(-1)!, finding, 'resolved');
    await gets(clients[3]!, finding, 'resolved');
    assert.deepEqual(
      clients.map((client) => changesOf(client).length),
      [1, 1, 1, 1, 2, 3],
    );
  });

  test('are refused to whoever may not see alerts, and say what they do not understand', async () => {
    const system = await gateway.makeKey('*', ['view:system_audit_logs']);
    const body = { plan: 'free', retention_days: null, persistentLogging: true, export: true, alerts: false };
    await gateway.call('PUT', '/api/organizations/initech/entitlements', { body });
    const free = await gateway.makeKey(['initech'], ['view:audit_logs']);
    const problemOf = async (key: string, message: object): Promise<[number, string]> => {
      const client = await connect(key);
      client.send({ type: 'subscribe', kind: 'alerts', id: 'a', ...message });
      const { problem } = await client.until('problem');
      return [problem!.status, problem!.detail];
    };
    assert.equal((await problemOf(free, {}))[0], 402);
    assert.equal((await problemOf(acme, { filter: { organization_id: 'globex' } }))[0], 403);
    for (const [message, detail] of [
      [{ filter: { colour: 'red' } }, /^colour: is not known here/],
      [{ filter: { state: 'loud' } }, /^state: "loud" is none of/],
      [{ filter: { change: 'gone' } }, /^change: "gone" is none of/],
      [{ since: 'now' }, /knows no since/],
      [{ window: 5 }, /knows no window/],
      [{ kind: 'logs' }, /kind is none of events, alerts/],
    ] as const) {
      const [status, said] = await problemOf(acme, message);
      assert.equal(status, 400);
      assert.match(said, detail);
    }
    assert.equal((await problemOf(system, {}))[0], 403);
  });

  test('end when the key is revoked, and when the organization loses the right', async () => {
    const body = { name: uniqueName('key'), organizations: ['umbrella'], permissions: ['view:audit_logs'] };
    const key = (await gateway.call('POST', '/api/keys', { body })).body;
    const [revoked, other] = await Promise.all([
      follow(key.key),
      follow(await gateway.makeKey(['umbrella'], ['view:audit_logs'])),
    ]);
    await gateway.call('DELETE', `/api/keys/${key.id}`);
    assert.deepEqual(await revoked.closed, { code: 1008, reason: 'revoked' });
    assert.equal(revoked.messages.find(({ type, id }) => type === 'problem' && id === 'a')!.problem!.status, 401);
    const plan = { plan: 'free', retention_days: null, persistentLogging: true, export: true, alerts: false };
    await gateway.call('PUT', '/api/organizations/umbrella/entitlements', { body: plan });
    const unseen = someFinding('umbrella');
    for (let at = 0; at < 100 && !other.messages.some(({ type }) => type === 'problem'); at += 1) {
      await topic.say('grown', unseen);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const { id, problem } = await other.until('problem');
    assert.deepEqual([id, problem!.status], ['a', 402]);
  });

  test('that a paused subscription has no room for are counted exactly, in their place', async () => {
    const client = await follow(acme);
    const witness = await follow(acme);
    client.send({ type: 'pause', id: 'a' });
    await client.until('paused');
    const findings = Array.from({ length: 1_200 }, () => someFinding('acme'));
    for (let at = 0; at < findings.length; at += 100) {
      await Promise.all(findings.slice(at, at + 100).map((finding) => topic.say('opened', finding)));
    }
    const last = findings.at(-1)!;
    await witness.untilTrue(() => changesOf(witness).length === 1_200);
    assert.equal(changesOf(client).length, 0);
    client.send({ type: 'resume', id: 'a' });
    const { count } = await client.until('dropped');
    assert.equal(changesOf(client).length + count!, 1_200);
    assert.ok(count! >= 200);
    assert.deepEqual(
      changesOf(client).map(({ alert }) => alert.id),
      changesOf(witness)
        .slice(0, 1_200 - count!)
        .map(({ alert }) => alert.id),
    );
    await topic.say('grown', last);
    await gets(client, last, 'grown');
    client.send({ type: 'unsubscribe', id: 'a' });
    await client.until('unsubscribed');
  });

  test('go on behind a message that is none', async () => {
    const client = await follow(acme);
    await topic.sayText('not JSON');
    await topic.sayText('{"change":"exploded"}');
    const finding = someFinding('acme');
    await topic.say('opened', finding);
    await gets(client, finding, 'opened');
    assert.equal(changesOf(client).length, 1);
  });
});
