import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import Fastify from 'fastify';
import type { Finding, FindingAction } from '../../services/alerts/findings/index.js';
import type { RuleText } from '../../services/alerts/rule-texts/index.js';
import { copyOf } from '../../services/console/src/alerts/rules/copy.js';
import { createAlerts } from '../../services/gateway/alerts/alerts/alerts.js';
import { registerRuleRoutes } from '../../services/gateway/alerts/rules/routes.js';
import { createRuleSets, createTextReader } from '../../services/gateway/alerts/rules/rule-sets.js';
import { createRules } from '../../services/gateway/alerts/rules/rules.js';
import type { Caller } from '../../services/gateway/auth/caller.js';
import { Problem, problemKinds } from '../../services/gateway/errors.js';

const text = (id: string, expected: string): string => `title: Export
id: ${id}
name: export_of_${id.slice(0, 4)}
logsource: {product: sealstream}
detection:
  selection: {action: export.completed}
  condition: selection
custom_attributes:
  tests:
    - name: one is one
      events: [{action: export.completed}]
      alerts: ${expected}
`;
// biome-ignore lint/suspicious/noExplicitAny: answers are looked into
type AnyFields = any;
const saved = randomUUID();

async function startApp(context: TestContext) {
  const rows: RuleText[] = [
    {
      organizationId: 'acme',
      id: saved,
      version: 1,
      name: 'Export',
      text: text(saved, '[{count: 1}]'),
      enabled: true,
      deleted: false,
      channels: [],
      repeatSeconds: 0,
      activeFromUs: 0,
      changedAtMs: 0,
      changedBy: 'key',
    },
  ];
  const table = {
    fingerprint: async () => '',
    all: async () => rows,
    of: async (owners: readonly string[]) => rows.filter(({ organizationId }) => owners.includes(organizationId)),
    versions: async () => rows,
    write: async () => {},
  };
  const app = Fastify();
  app.setErrorHandler((error, _, reply) => {
    const status = error instanceof Problem ? problemKinds[error.kind].status : 500;
    return reply.status(status).send({ detail: String(error) });
  });
  app.decorateRequest('caller', null as never);
  const caller = {
    keyId: 'k',
    name: 'k',
    organizations: ['acme'],
    permissions: new Set(['manage:alerts', 'view:audit_logs']),
  } as never;
  app.addHook('onRequest', async (request) => {
    (request as { caller: Caller }).caller = caller;
  });
  const sets = createRuleSets({ table });
  const readText = createTextReader();
  const open = async () => {};
  registerRuleRoutes(app, {
    table,
    sets,
    readText,
    rules: createRules({ table, sets, readText }),
    changeLog: { write: open, writeLater: () => {} },
    entitled: open,
    changing: open,
    publish: open,
    alerts: undefined as never,
  });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  context.after(() => app.close());
  const post = async (path: string, payload: object) => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify(payload);
    const answer = await fetch(`${url}/api/alert-rules/${path}`, { method: 'POST', headers, body });
    return { status: answer.status, body: (await answer.json()) as AnyFields };
  };
  const get = async (path: string): Promise<AnyFields> => (await fetch(`${url}/api/alert-rules${path}`)).json();
  return { post, get };
}

describe('a text of rules that is not saved', () => {
  test('is read in the place of the saved one that it names, and beside it where it names none', async (context) => {
    const { post } = await startApp(context);
    const draft = text(saved, '[]');
    assert.equal((await post('validate', { text: draft })).status, 409);
    assert.equal((await post('validate', { text: draft, id: saved })).status, 200);
  });

  test('may be a copy of any rule that is built in, several of them beside each other', async (context) => {
    const { post, get } = await startApp(context);
    const copies: string[] = [];
    for (const { id, built_in: builtIn } of (await get('')).rules) {
      if (!builtIn) continue;
      const { text: original, shared } = await get(`/${id}`);
      const copy = copyOf(original, shared);
      const { status, body } = await post('validate', { text: copy });
      assert.equal(status, 200, `${body.detail}\n${copy}`);
      copies.push(copy);
    }
    assert.ok(copies.length > 20);
    const logins = copies.filter((copy) => copy.includes('_login_failed'));
    assert.ok(logins.length > 3);
    assert.equal((await post('validate', { text: logins.join('---\n') })).status, 200);
  });

  test('has its tests run, nothing being saved', async (context) => {
    const { post } = await startApp(context);
    const passing = await post('test', { text: text(randomUUID(), '[{count: 1}]') });
    assert.deepEqual([passing.status, passing.body.passed], [200, true], JSON.stringify(passing.body));
    const failing = await post('test', { text: text(saved, '[]'), id: saved });
    assert.deepEqual([failing.body.passed, failing.body.tests[0].unexpected], [false, 1]);
    assert.equal((await post('test', { text: 'title: nothing' })).status, 422);
  });
});

test('an alert says whom it was given to last, whatever state it is in', async () => {
  const finding: Finding = {
    id: randomUUID(),
    fingerprint: 'f'.repeat(64),
    version: 1,
    organizationId: 'acme',
    owner: '',
    rule: { id: 'spike', version: 'v', title: 'Spike', author: '', level: 'high' },
    group: { names: [], values: [] },
    firstHitId: randomUUID(),
    firstHitUs: 1,
    firstSeenUs: 1,
    lastSeenUs: 1,
    endsUs: 2,
    resolvesUs: 2,
    hits: 1,
    events: 1,
    eventIds: [],
    successor: undefined,
  };
  const done: FindingAction[] = [];
  const alerts = createAlerts({
    findings: { list: async () => [finding] } as never,
    actions: {
      add: async (action) => void done.push({ ...action, id: randomUUID() }),
      of: async () => new Map([[finding.id, done]]),
      write: async () => {},
    },
    silences: { of: async () => [] } as never,
  });
  const scope = { organizations: ['acme'], system: false };
  const actor = { type: 'user', id: 'u', name: 'U' };
  for (const note of ['Ana', '', 'the night shift']) {
    const { after } = await alerts.act(scope, finding.id, { kind: 'assigned', note, actor });
    assert.deepEqual([after.alert.assigned_to, after.alert.state], [note, 'resolved']);
  }
});
