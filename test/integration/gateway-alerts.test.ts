import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFindingTable, type Finding } from '../../services/alerts/findings/index.js';
import { createRuleTable } from '../../services/alerts/rule-texts/index.js';
import { createClickHouse } from '../../services/core/clients/clickhouse.js';
import { someFinding } from '../support/alert-topic.js';
import {
  type AnyFields,
  acceptedOf,
  createGatewayWorld,
  type GatewayWorld,
  judgeTopic,
  startTestGateway,
  type TestGateway,
} from '../support/gateway.js';

const spike = (id: string, action = 'auth.failed', count = 5): string =>
  JSON.stringify({
    id,
    name: `Spike ${id}`,
    filter: { action },
    condition: { count: `> ${count}`, window: '5m', groupBy: 'ip' },
  });

describe('the routes of alerts', () => {
  let world: GatewayWorld;
  let gateway: TestGateway;
  let write: (findings: Finding[]) => Promise<void>;
  let close: () => Promise<void>;
  let acme: string;
  let other: string;
  let reader: string;

  before(async () => {
    world = await createGatewayWorld();
    gateway = await startTestGateway(world);
    const { clickhouseUrl: url, clickhouseDatabase: database } = world.config.addresses;
    const clickhouse = createClickHouse({ url, database });
    const table = createFindingTable({ clickhouse, database });
    write = (findings) => table.write(findings);
    close = () => clickhouse.close();
    acme = await gateway.makeKey(['acme'], ['view:audit_logs', 'manage:alerts']);
    other = await gateway.makeKey(['globex'], ['view:audit_logs', 'manage:alerts']);
    reader = await gateway.makeKey(['acme'], ['view:audit_logs']);
  });
  after(async () => {
    await gateway?.stop();
    await close?.();
    await world?.remove();
  });

  const list = async (query: string, key = acme): Promise<AnyFields[]> => {
    const { status, body } = await gateway.call('GET', `/api/alerts${query}`, { key });
    assert.equal(status, 200, JSON.stringify(body));
    return body.alerts;
  };

  test('an alert is listed with its group, count, times and events, to its own organization only', async () => {
    const own = someFinding('acme');
    await write([own, someFinding('globex')]);
    const [alert, ...more] = await list('');
    assert.equal(more.length, 0);
    assert.equal(alert!.id, own.id);
    assert.deepEqual(alert!.group, { ip: '198.51.100.7' });
    assert.deepEqual([alert!.state, alert!.count, alert!.rule, alert!.rule_author], ['open', 6, 'spike', 'A. Author']);
    assert.deepEqual(alert!.event_ids, own.eventIds);
    assert.equal((await gateway.call('GET', `/api/alerts/${own.id}`, { key: other })).status, 404);
    assert.equal((await gateway.call('POST', `/api/alerts/${own.id}/acknowledge`, { key: other })).status, 404);
    assert.equal((await gateway.call('GET', '/api/alerts?organization_id=globex', { key: acme })).status, 403);
    assert.equal((await list('', gatewayAdmin())).length, 2);
  });

  test('an alert goes from open to acknowledged, resolved and open again, and remembers who did it', async () => {
    const own = someFinding('acme', { rule: { id: 'life', version: 'v1', title: 'Life', author: '', level: 'low' } });
    await write([own]);
    const act = (name: string, body?: object, key = acme) =>
      gateway.call('POST', `/api/alerts/${own.id}/${name}`, { key, ...(body ? { body } : {}) });
    assert.equal((await act('acknowledge', undefined, reader)).status, 403);
    assert.equal((await act('reopen')).status, 409);
    const acknowledged = await act('acknowledge', { comment: 'looking' });
    assert.deepEqual(
      [acknowledged.status, acknowledged.body.state],
      [200, 'acknowledged'],
      JSON.stringify(acknowledged.body),
    );
    assert.equal((await act('acknowledge')).status, 409);
    assert.equal((await act('comment', {})).status, 400);
    assert.equal((await act('comment', { comment: 'a bot' })).status, 200);
    assert.equal((await act('resolve')).body.state, 'resolved');
    assert.deepEqual(await list('?state=open,acknowledged&rule=life'), []);
    assert.equal((await act('reopen')).body.state, 'open');
    assert.equal((await list('?state=open&rule=life')).length, 1);
    const { body } = await gateway.call('GET', `/api/alerts/${own.id}`, { key: reader });
    assert.deepEqual(
      body.actions.map(({ kind, note }: AnyFields) => [kind, note]),
      [
        ['acknowledged', 'looking'],
        ['commented', 'a bot'],
        ['resolved', ''],
        ['reopened', ''],
      ],
    );
  });

  test('pages follow each other without a gap, and filters say what they do not understand', async () => {
    const rule = { id: 'many', version: 'v1', title: 'Many', author: '', level: 'medium' as const };
    const made = Array.from({ length: 7 }, (_, at) =>
      someFinding('acme', {
        rule,
        firstHitUs: (Date.now() - at * 1_000) * 1_000,
        group: { names: ['user'], values: [`u${at}`] },
      }),
    );
    await write(made);
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await gateway.call('GET', `/api/alerts?rule=many&limit=3${cursor}`, { key: acme });
      seen.push(...body.alerts.map(({ id }: AnyFields) => id));
      cursor = body.next_cursor ? `&cursor=${body.next_cursor}` : '';
    } while (cursor !== '');
    assert.deepEqual(
      seen,
      made.map(({ id }) => id),
    );
    assert.deepEqual(
      (await list('?rule=many&group=user:u3')).map(({ id }) => id),
      [made[3]!.id],
    );
    assert.deepEqual(await list('?rule=many&level=critical'), []);
    for (const bad of ['state=closed', 'group=ip', 'cursor=x', 'limit=0', 'nonsense=1', 'fingerprint=zz']) {
      const { status, body } = await gateway.call('GET', `/api/alerts?${bad}`, { key: acme });
      assert.equal(status, 400, bad);
      assert.equal(body.errors[0].parameter, bad.split('=')[0]);
    }
  });

  test('a rule is added, changed, switched and deleted, every version stays, and every change is an audit event', async () => {
    const call = (method: string, path: string, body?: object, key = acme) =>
      gateway.call(method, `/api/alert-rules${path}`, { key, ...(body ? { body } : {}) });
    const made = await call('POST', '', { text: spike('logins') });
    assert.deepEqual([made.status, made.body.id, made.body.enabled], [201, 'logins', true], JSON.stringify(made.body));
    assert.equal((await call('POST', '', { text: spike('logins') })).status, 409);
    assert.equal((await call('POST', '', { text: spike('nobody') }, reader)).status, 403);
    assert.equal((await call('GET', '/logins', undefined, other)).status, 404);
    const changed = await call('PUT', '/logins', {
      text: spike('logins', 'auth.failed', 9),
      version: made.body.version,
    });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    assert.equal((await call('PUT', '/logins', { text: spike('logins'), version: made.body.version })).status, 409);
    assert.equal((await call('POST', '/logins/disable')).body.enabled, false);
    assert.equal((await call('POST', '/logins/enable')).body.enabled, true);
    assert.equal((await call('GET', '/logins')).body.versions.length, 4);
    assert.equal((await call('DELETE', '/logins')).status, 200);
    assert.equal((await call('GET', '/logins')).status, 404);
    await sleep(300);
    const events = acceptedOf(await judgeTopic(world)).filter(({ target }) => target?.id === 'logins');
    assert.deepEqual(
      events.map(({ action }) => action),
      ['created', 'updated', 'disabled', 'enabled', 'deleted'].map((what) => `alert_rule.${what}`),
    );
    assert.ok(events.every(({ organization_id }) => organization_id === 'acme'));
    const [, update] = events as AnyFields[];
    assert.equal(update!.before.text, spike('logins'));
    assert.equal(update!.after.text, spike('logins', 'auth.failed', 9));
  });

  test('a rule that cannot be run is refused with line and column, and the running set stays', async () => {
    const before = (await gateway.call('GET', '/api/alert-rules', { key: acme })).body;
    const text =
      'title: Bad\nlogsource: {product: sealstream}\ndetection:\n  sel:\n    no_such_field: 1\n  condition: sel\n';
    for (const path of ['', '/validate']) {
      const { status, body } = await gateway.call('POST', `/api/alert-rules${path}`, { key: acme, body: { text } });
      assert.equal(status, 422, JSON.stringify(body));
      assert.equal(body.type, 'urn:sealstream:problem:invalid-rule');
      assert.ok(body.errors[0].line >= 1 && body.errors[0].column >= 1 && body.errors[0].code);
    }
    const good = await gateway.call('POST', '/api/alert-rules/validate', { key: acme, body: { text: spike('fine') } });
    assert.deepEqual([good.status, good.body.valid], [200, true]);
    assert.deepEqual((await gateway.call('GET', '/api/alert-rules', { key: acme })).body, before);
  });

  test('a rule that others refer to can be neither deleted nor switched off', async () => {
    const base =
      'title: Base\nid: base-rule\nname: base_rule\nlogsource: {product: sealstream}\ndetection: {sel: {action: x.y}, condition: sel}\n';
    const above =
      'title: Above\nid: above-rule\ncorrelation: {type: event_count, rules: [base_rule], timespan: 5m, condition: {gte: 3}}\n';
    for (const text of [base, above]) {
      const { status, body } = await gateway.call('POST', '/api/alert-rules', { key: acme, body: { text } });
      assert.equal(status, 201, JSON.stringify(body));
    }
    assert.equal((await gateway.call('DELETE', '/api/alert-rules/base-rule', { key: acme })).status, 409);
    assert.equal((await gateway.call('POST', '/api/alert-rules/base-rule/disable', { key: acme })).status, 409);
    assert.equal((await gateway.call('DELETE', '/api/alert-rules/above-rule', { key: acme })).status, 200);
    assert.equal((await gateway.call('DELETE', '/api/alert-rules/base-rule', { key: acme })).status, 200);
  });

  test('built-in rules are listed beside own ones, carry passing tests, and are switched per organization', async () => {
    const builtIn = async (key: string): Promise<AnyFields[]> =>
      (await gateway.call('GET', '/api/alert-rules', { key })).body.rules.filter((one: AnyFields) => one.built_in);
    const rules = await builtIn(acme);
    assert.ok(rules.length > 20);
    const { id } = rules.find(({ enabled }) => enabled)!;
    assert.equal((await gateway.call('POST', `/api/alert-rules/${id}/disable`, { key: acme })).status, 200);
    const stateOf = async (key: string) => (await builtIn(key)).find((one) => one.id === id)!.enabled;
    assert.deepEqual([await stateOf(acme), await stateOf(other)], [false, true]);
    assert.equal((await gateway.call('POST', `/api/alert-rules/${id}/enable`, { key: acme })).status, 200);
    assert.equal((await gateway.call('DELETE', `/api/alert-rules/${id}`, { key: acme })).status, 409);
    const run = await gateway.call('POST', `/api/alert-rules/${id}/test`, { key: acme });
    assert.deepEqual([run.status, run.body.passed], [200, true], JSON.stringify(run.body));
    assert.ok(run.body.tests.length > 0);
  });

  test('a silence keeps an alert quiet until it is ended, in its own organization', async () => {
    const own = someFinding('acme', { rule: { id: 'loud', version: 'v1', title: 'Loud', author: '', level: 'low' } });
    await write([own]);
    const body = {
      matchers: [{ name: 'rule_id', value: 'loud' }],
      ends_at: new Date(Date.now() + 3_600_000).toISOString(),
      reason: 'maintenance',
    };
    const made = await gateway.call('POST', '/api/silences', { key: acme, body });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const quiet = async () => (await list('?rule=loud'))[0]!.silenced_by;
    assert.deepEqual(await quiet(), [made.body.id]);
    assert.deepEqual((await gateway.call('GET', '/api/silences', { key: other })).body.silences, []);
    assert.equal((await gateway.call('DELETE', `/api/silences/${made.body.id}`, { key: other })).status, 404);
    assert.equal((await gateway.call('DELETE', `/api/silences/${made.body.id}`, { key: acme })).status, 200);
    assert.deepEqual(await quiet(), []);
    assert.equal((await gateway.call('DELETE', `/api/silences/${made.body.id}`, { key: acme })).status, 409);
    const past = { ...body, ends_at: '2020-01-01T00:00:00Z' };
    assert.equal((await gateway.call('POST', '/api/silences', { key: acme, body: past })).status, 400);
  });

  test('a channel never shows its secret, not in answers and not in events, and belongs to one organization', async () => {
    const secret = 'a-secret-of-forty-characters-that-nobody-sees';
    const body = { name: 'hook', kind: 'webhook', settings: { url: 'https://hooks.example.com/x', secret } };
    const made = await gateway.call('POST', '/api/alert-channels', { key: acme, body });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const path = `/api/alert-channels/${made.body.id}`;
    assert.equal((await gateway.call('GET', path, { key: other })).status, 404);
    assert.equal((await gateway.call('POST', `${path}/test`, { key: other })).status, 404);
    assert.equal((await gateway.call('PUT', path, { key: other, body })).status, 404);
    assert.equal((await gateway.call('DELETE', path, { key: other })).status, 404);
    assert.equal((await gateway.call('GET', path, { key: reader })).status, 403);
    const inner = { ...body, name: 'inner', settings: { ...body.settings, url: 'https://127.0.0.1/x' } };
    const refused = await gateway.call('POST', '/api/alert-channels', { key: acme, body: inner });
    assert.equal(refused.status, 422);
    assert.ok(!JSON.stringify(refused.body).includes(secret));
    const settings = { url: 'https://hooks.example.com/x' };
    const changed = await gateway.call('PUT', path, { key: acme, body: { ...body, name: 'hook 2', settings } });
    assert.deepEqual([changed.status, changed.body.name], [200, 'hook 2'], JSON.stringify(changed.body));
    const dead = await gateway.call('GET', '/api/alert-channels/dead-letters', { key: acme });
    assert.deepEqual([dead.status, dead.body.dead_letters], [200, []]);
    const unknown = `/api/alert-channels/dead-letters/${randomUUID()}/redeliver`;
    assert.equal((await gateway.call('POST', unknown, { key: acme })).status, 404);
    const removed = await gateway.call('DELETE', path, { key: acme });
    assert.equal(removed.status, 200);
    await sleep(300);
    const events = acceptedOf(await judgeTopic(world)).filter(({ target }) => target?.id === made.body.id);
    assert.deepEqual(
      events.map(({ action }) => action),
      ['created', 'updated', 'deleted'].map((what) => `notification_channel.${what}`),
    );
    assert.ok(!JSON.stringify([made.body, changed.body, removed.body, events]).includes(secret));
  });

  test('what is done about an alert needs the permission for it, and is refused in words where it makes no sense', async () => {
    const own = someFinding('acme', { rule: { id: 'walls', version: 'v1', title: 'Walls', author: '', level: 'low' } });
    await write([own]);
    for (const act of ['acknowledge', 'resolve', 'reopen', 'comment']) {
      const path = `/api/alerts/${own.id}/${act}`;
      const body = { comment: 'x' };
      const refused = await gateway.call('POST', path, { key: reader, body });
      assert.equal(refused.status, 403, act);
      assert.match(refused.body.detail, /manage:alerts/);
      assert.equal((await gateway.call('POST', path, { key: other, body })).status, 404, act);
      assert.equal((await gateway.call('POST', path, { key: '', body })).status, 401, act);
    }
    const again = await gateway.call('POST', `/api/alerts/${own.id}/reopen`, { key: acme });
    assert.equal(again.status, 409);
    assert.match(again.body.detail, /open/);
    const long = { comment: 'x'.repeat(100_000) };
    assert.equal((await gateway.call('POST', `/api/alerts/${own.id}/comment`, { key: acme, body: long })).status, 400);
    assert.equal((await gateway.call('POST', '/api/alerts/no-such-alert/resolve', { key: acme })).status, 404);
    const { body } = await gateway.call('GET', `/api/alerts/${own.id}`, { key: acme });
    assert.deepEqual([body.state, body.actions], ['open', []]);
    assert.equal(
      (await gateway.call('POST', `/api/alerts/${own.id}/resolve`, { key: acme, body: { comment: 'done' } })).status,
      200,
    );
    await sleep(300);
    const [event] = acceptedOf(await judgeTopic(world)).filter(({ target }) => target?.id === own.id) as AnyFields[];
    assert.deepEqual(
      [event!.action, event!.organization_id, event!.before, event!.after, event!.details.comment],
      ['alert.resolved', 'acme', { state: 'open' }, { state: 'resolved' }, 'done'],
    );
  });

  test('a silence runs out by itself, and begins when it says', async () => {
    const own = someFinding('acme', {
      rule: { id: 'hushed', version: 'v1', title: 'Hushed', author: '', level: 'low' },
    });
    await write([own]);
    const quiet = async (): Promise<number> => (await list('?rule=hushed'))[0]!.silenced_by.length;
    const matchers = [{ name: 'rule_id', value: 'hushed' }];
    const at = (ms: number): string => new Date(Date.now() + ms).toISOString();
    const put = async (body: object) => {
      const made = await gateway.call('POST', '/api/silences', { key: acme, body: { matchers, reason: 'x', ...body } });
      assert.equal(made.status, 201, JSON.stringify(made.body));
      return made.body;
    };
    const hour = await put({ ends_at: at(3_600_000) });
    const later = await put({ starts_at: at(3_600_000), ends_at: at(7_200_000) });
    assert.deepEqual([hour.state, later.state, await quiet()], ['lasting', 'pending', 1]);
    assert.equal((await gateway.call('DELETE', `/api/silences/${hour.id}`, { key: acme })).status, 200);
    const short = await put({ ends_at: at(1_500) });
    for (let looks = 0; (await quiet()) > 0; looks += 1) {
      assert.ok(looks < 100, 'the silence does not run out');
      await sleep(100);
    }
    const all = (await gateway.call('GET', '/api/silences?ended=true', { key: acme })).body.silences as AnyFields[];
    assert.equal(all.find(({ id }) => id === short.id)!.state, 'ended');
    const lasting = (await gateway.call('GET', '/api/silences', { key: acme })).body.silences as AnyFields[];
    assert.deepEqual(
      [lasting.some(({ id }) => id === short.id), lasting.some(({ id }) => id === later.id)],
      [false, true],
    );
    assert.equal((await gateway.call('DELETE', `/api/silences/${later.id}`, { key: reader })).status, 403);
    assert.equal((await gateway.call('DELETE', `/api/silences/${later.id}`, { key: acme })).status, 200);
    for (const [body, pointer] of [
      [{ ends_at: at(-1_000) }, '/ends_at'],
      [{ ends_at: at(400 * 86_400_000) }, '/ends_at'],
      [{ ends_at: at(1_000), matchers: [] }, '/matchers'],
    ] as const) {
      const { status, body: answer } = await gateway.call('POST', '/api/silences', {
        key: acme,
        body: { matchers, reason: 'x', ...body },
      });
      assert.deepEqual([status, answer.errors[0].pointer], [400, pointer], JSON.stringify(answer));
    }
  });

  test('a fault of a rule is said with the line and column that an editor shows', async () => {
    const text = [
      'title: Bad',
      'logsource: {product: sealstream}',
      'detection:',
      '  sel:',
      '    actr.id: x',
      "    'message|base64': y",
      '  condition: sel and nix',
      '',
    ].join('\n');
    const { status, body } = await gateway.call('POST', '/api/alert-rules/validate', { key: acme, body: { text } });
    assert.equal(status, 422);
    assert.match(body.detail, /^line 5, column 5: "actr.id" is no field of an event/);
    assert.deepEqual(body.errors[0].line, 5);
    const yaml = await gateway.call('POST', '/api/alert-rules', { key: acme, body: { text: 'title: x\n  bad: [\n' } });
    assert.equal(yaml.status, 422);
    assert.match(yaml.body.detail, /^line \d+, column \d+: /);
  });

  test('a built-in rule that was switched under an earlier release says so, and takes the new text when it is switched on again', async () => {
    const of = async (): Promise<AnyFields> =>
      (await gateway.call('GET', '/api/alert-rules', { key: acme })).body.rules.find(
        ({ id }: AnyFields) => id === builtIn,
      );
    const builtIn = (await gateway.call('GET', '/api/alert-rules', { key: acme })).body.rules.find(
      (one: AnyFields) => one.built_in && one.enabled,
    ).id as string;
    const detail = () => gateway.call('GET', `/api/alert-rules/${builtIn}`, { key: acme });
    const { text } = (await detail()).body;
    const row = {
      organizationId: 'acme',
      id: builtIn,
      version: 1,
      name: 'x',
      text: `${text}# of an earlier release\n`,
      enabled: true,
      deleted: false,
      channels: [],
      repeatSeconds: 0,
      activeFromUs: 0,
      changedAtMs: 0,
      changedBy: 'test',
    };
    const { clickhouseUrl: url, clickhouseDatabase: database } = world.config.addresses;
    const clickhouse = createClickHouse({ url, database });
    await createRuleTable({ clickhouse, database }).write([{ ...row, version: Date.now() * 1_000 }]);
    await clickhouse.close();
    assert.deepEqual([(await of()).outdated, (await detail()).body.text], [true, row.text]);
    const enabled = await gateway.call('POST', `/api/alert-rules/${builtIn}/enable`, { key: acme });
    assert.deepEqual([enabled.status, enabled.body.outdated, enabled.body.text], [200, false, text]);
    assert.equal((await of()).outdated, false);
  });

  test('an organization without the right is refused with 402', async () => {
    const body = { plan: 'free', retention_days: null, persistentLogging: true, export: true, alerts: false };
    await gateway.call('PUT', '/api/organizations/initech/entitlements', { body });
    const key = await gateway.makeKey(['initech'], ['view:audit_logs', 'manage:alerts']);
    for (const path of ['/api/alerts', '/api/alert-rules', '/api/silences', '/api/alert-channels']) {
      assert.equal((await gateway.call('GET', path, { key })).status, 402, path);
    }
  });

  test('whoever speaks for several organizations says which', async () => {
    const key = await gateway.makeKey(['acme', 'globex'], ['view:audit_logs', 'manage:alerts']);
    assert.equal((await gateway.call('GET', '/api/silences', { key })).status, 400);
    const headers = { 'x-organization-id': 'globex' };
    assert.equal((await gateway.call('GET', '/api/silences', { key, headers })).status, 200);
    const foreign = { 'x-organization-id': 'initech' };
    assert.equal((await gateway.call('GET', '/api/silences', { key, headers: foreign })).status, 403);
  });

  test('rules are tried over history before they are saved, with progress where it is asked for', async () => {
    const text = spike('tried');
    const from = new Date(Date.now() - 3_600_000).toISOString();
    const tried = await gateway.call('POST', '/api/alert-rules/backtest', { key: acme, body: { text, from } });
    assert.equal(tried.status, 200, JSON.stringify(tried.body));
    assert.deepEqual([tried.body.findings_total, tried.body.coverage.complete], [0, true]);
    const against = { text: spike('tried', 'auth.failed', 2) };
    const answer = await fetch(`${gateway.url}/api/alert-rules/backtest`, {
      method: 'POST',
      headers: { authorization: `Bearer ${acme}`, 'content-type': 'application/json', accept: 'application/x-ndjson' },
      body: JSON.stringify({ text, from, against }),
    });
    const last = JSON.parse((await answer.text()).trim().split('\n').at(-1)!);
    assert.equal(last.result.difference.findings.both, 0);
    const { body } = await gateway.call('GET', '/api/alert-rules', { key: acme });
    const builtIn = body.rules.find((one: AnyFields) => one.built_in);
    const path = `/api/alert-rules/${builtIn.id}/backtest`;
    assert.equal((await gateway.call('POST', path, { key: acme, body: { from } })).status, 200);
    assert.equal((await gateway.call('POST', path, { key: reader, body: { from } })).status, 403);
    assert.equal((await gateway.call('POST', path, { key: acme, body: { from: '2020-01-01T00:00:00Z' } })).status, 400);
    const bad = { text: 'title: [', from };
    assert.equal((await gateway.call('POST', '/api/alert-rules/backtest', { key: acme, body: bad })).status, 422);
  });

  const gatewayAdmin = (): string => world.adminKey;
});
