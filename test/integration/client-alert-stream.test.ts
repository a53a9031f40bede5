import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AlertChange, AuditClient, AuditProblem } from 'sealstream';
import { type AlertTopic, createAlertTopic, someFinding } from '../support/alert-topic.js';
import { cli } from '../support/cli.js';
import { type CuttingProxy, startCuttingProxy } from '../support/cutting-proxy.js';
import { createGatewayWorld, type GatewayWorld, startTestGateway, type TestGateway } from '../support/gateway.js';

/** Resolves once it holds. */
async function until(condition: () => boolean, timeoutMs = 20_000): Promise<void> {
  for (const end = Date.now() + timeoutMs; !condition(); await sleep(10)) {
    if (Date.now() > end) throw new Error(`not within ${timeoutMs} ms`);
  }
}

describe('streamAlerts', () => {
  let world: GatewayWorld;
  let gateway: TestGateway;
  let topic: AlertTopic;
  let proxy: CuttingProxy;
  let audit: AuditClient;
  let key: string;

  before(async () => {
    world = await createGatewayWorld({ partitions: 1 });
    topic = await createAlertTopic(world.kafka);
    gateway = await startTestGateway({ ...world, config: { ...world.config, alertsTopic: topic.topic } });
    proxy = await startCuttingProxy(gateway.url);
    key = await gateway.makeKey(['acme', 'globex'], ['view:audit_logs']);
    audit = new AuditClient({ url: proxy.url, apiKey: key });
  });
  afterEach(async () => {
    await audit.close();
    audit = new AuditClient({ url: proxy.url, apiKey: key });
  });
  after(async () => {
    await audit?.close();
    await proxy?.close();
    await gateway?.stop();
    await topic?.remove();
    await world?.remove();
  });

  test('gives changes that fit, to a callback or to an iterator, from when it is ready', async () => {
    const heard: AlertChange[] = [];
    const byCallback = audit.streamAlerts({ filter: { change: ['opened', 'resolved'] } }, (one) => heard.push(one));
    const iterated = audit.streamAlerts({ filter: { organization_id: 'globex' } });
    await Promise.all([byCallback.ready, iterated.ready]);
    const [own, other] = [someFinding('acme'), someFinding('globex')];
    await topic.say('opened', own);
    await topic.say('grown', own);
    await topic.say('opened', other);
    for await (const { change, alert } of iterated) {
      assert.deepEqual([change, alert.id, alert.state], ['opened', other.id, 'open']);
      break;
    }
    await until(() => heard.length === 2);
    assert.deepEqual(
      heard.map(({ alert }) => alert.id),
      [own.id, other.id],
    );
    byCallback.close();
    await byCallback.closed;
  });

  test('says that it goes on after its connection was cut, and goes on', async () => {
    const heard: string[] = [];
    const resumed: true[] = [];
    const options = { onResumed: () => resumed.push(true), onProblem: () => {} };
    const stream = audit.streamAlerts(options, ({ alert }) => heard.push(alert.id));
    await stream.ready;
    proxy.cut();
    await until(() => resumed.length === 1);
    const finding = someFinding('acme');
    await topic.say('opened', finding);
    await until(() => heard.length > 0);
    assert.deepEqual(heard, [finding.id]);
  });

  test('rejects with what the gateway refuses, and throws at once for a filter that is none', async () => {
    const refused = audit.streamAlerts({ filter: { organization_id: 'initech' } });
    await assert.rejects(refused.ready, (error) => error instanceof AuditProblem && error.status === 403);
    await assert.rejects(refused.closed);
    assert.throws(() => audit.streamAlerts({ filter: { colour: 'red' } as never }), /no filter of alerts/);
    assert.throws(() => audit.streamAlerts({ filter: { rule: [] } }), /without a value/);
  });

  test('sealstream alerts tail prints what happens within 80 columns, until it is interrupted', async () => {
    const tail = async (ruleId: string, ...args: string[]) => {
      const interrupt = new AbortController();
      const running = cli(['alerts', 'tail', '--rule', ruleId, ...args], {
        env: { SEALSTREAM_URL: gateway.url, SEALSTREAM_API_KEY: key },
        signal: interrupt.signal,
      });
      const rule = { id: ruleId, version: 'v', title: `A long title ${'of a rule '.repeat(10)}`, author: '' };
      const finding = someFinding('acme', { rule: { ...rule, level: 'high' } });
      for (let times = 0; times < 10; times += 1) {
        await topic.say('unacknowledged', finding);
        await sleep(100);
      }
      interrupt.abort();
      return { finding, ...(await running) };
    };
    const table = await tail('first', '--level', 'high');
    assert.ok(table.stdout.includes(table.finding.id.slice(0, 8)), table.stderr);
    assert.match(table.stdout, /^TIME +CHANGE +ID +LEVEL +EVENTS +RULE +GROUP\n\d\d:\d\d:\d\d +unacknowledged /);
    assert.ok(
      table.stdout.split('\n').every((line) => line.length <= 80),
      table.stdout,
    );
    const lines = await tail('second', '-o', 'ndjson');
    assert.equal(JSON.parse(lines.stdout.split('\n')[0]!).alert.id, lines.finding.id);
    const wrong = await cli(['alerts', 'tail', '--state', 'loud'], {
      env: { SEALSTREAM_URL: gateway.url, SEALSTREAM_API_KEY: key },
    });
    assert.equal(wrong.exitCode, 2, wrong.stderr);
    assert.match(wrong.stderr, /"loud" is none of/);
  });
});
