import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTelling } from '../../services/alerts/engine/telling.js';
import type {
  Finding,
  FindingAction,
  FindingQuery,
  InhibitedBy,
  StoredSilence,
} from '../../services/alerts/findings/index.js';
import { createLogger } from '../../services/core/log.js';

const finding = (change: Partial<Finding> = {}): Finding => ({
  id: 'f1',
  fingerprint: 'print',
  version: 1,
  organizationId: 'acme',
  owner: '',
  rule: { id: 'spike', version: 'v', title: 'Spike', author: '', level: 'high' },
  group: { names: ['ip'], values: ['198.51.100.1'] },
  firstHitId: 'e1',
  firstHitUs: 1_000_000,
  firstSeenUs: 1_000_000,
  lastSeenUs: 1_000_000,
  endsUs: 60_000_000,
  resolvesUs: 100_000_000,
  hits: 1,
  events: 6,
  eventIds: ['e1'],
  successor: undefined,
  ...change,
});

/** Ports in memory; `told` are `occasion id: channels`. */
function world({
  repeatSeconds = 0,
  channels = [] as string[],
  inhibitedBy,
}: {
  repeatSeconds?: number;
  channels?: string[];
  inhibitedBy?: InhibitedBy;
} = {}) {
  const told: string[] = [];
  const done: FindingAction[] = [];
  const silences: StoredSilence[] = [];
  const open: Finding[] = [];
  const clock = { us: 2_000_000 };
  const channelView = (id: string, enabled: boolean) => ({ id, enabled }) as never;
  const telling = createTelling({
    notifications: {
      async notify(requests) {
        told.push(...requests.map(({ alert, channelIds, occasion }) => `${occasion} ${alert.id}: ${channelIds}`));
        return { queued: requests.length, known: 0, full: 0, refused: [] };
      },
      channels: {
        list: async (organization) => [channelView(`${organization}-slack`, true), channelView('off', false)],
        resolve: async (organization, actions) => ({
          channelIds: organization === '' ? actions.map((name) => `deployment-${name}`) : [],
          unknown: organization === '' ? [] : [...actions],
        }),
      },
    },
    setting: (_, ruleId) => ({
      channels,
      repeatSeconds,
      version: 7,
      inhibitedBy: ruleId === 'spike' ? inhibitedBy : undefined,
    }),
    table: {
      async list({ rules, after, limit }: FindingQuery) {
        const found = open.filter(({ rule }) => rules === undefined || rules.includes(rule.id));
        return found.slice(after ? found.findIndex(({ id }) => id === after.id) + 1 : 0).slice(0, limit);
      },
    } as never,
    actions: {
      write: async (actions) => void done.push(...actions.map((one) => ({ ...one, id: '' }))),
      add: async () => {},
      of: async (findings) => new Map(findings.map(({ id }) => [id, done.filter((one) => one.findingId === id)])),
    },
    silences: { lasting: async () => silences.filter(({ endsUs }) => endsUs > clock.us) } as never,
    linkOf: ({ id }) => `https://audit.example.com/alerts/${id}`,
    log: createLogger('test', 'silent'),
    nowUs: () => clock.us,
  });
  const act = (kind: FindingAction['kind'], findingId = 'f1'): void =>
    void done.push({
      id: '',
      organizationId: 'acme',
      findingId,
      kind,
      atUs: clock.us,
      note: '',
      actor: { type: 'user', id: 'ada', name: '' },
    });
  return { telling, told, done, act, silences, open, clock };
}
const silence: StoredSilence = {
  id: 's',
  organizationId: 'acme',
  matchers: [{ name: 'rule_id', comparison: 'equal', value: 'spike' }],
  startsUs: 0,
  endsUs: 50_000_000,
  version: 1,
  reason: '',
  deleted: false,
  changedAtMs: 0,
  changedBy: '',
};

describe('telling people of alerts', () => {
  test('tells the channels that are on of one that opened, and of its end', async () => {
    const { telling, told } = world();
    await telling.tell([{ change: 'opened', finding: finding(), succeeds: false }]);
    await telling.tell([{ change: 'grown', finding: finding({ hits: 2 }), succeeds: false }]);
    await telling.tell([{ change: 'resolved', finding: finding({ hits: 2 }), succeeds: false }]);
    assert.deepEqual(told, ['firing f1: acme-slack', 'resolved f1: acme-slack']);
  });

  test('tells those that the rule names, of the deployment where the organization has none', async () => {
    const { telling, told } = world({ channels: ['pagerduty'] });
    await telling.tell([{ change: 'opened', finding: finding(), succeeds: false }]);
    assert.deepEqual(told, ['firing f1: deployment-pagerduty']);
  });

  test('does not tell again of one that goes on under another id', async () => {
    const { telling, told, open } = world();
    await telling.tell([{ change: 'opened', finding: finding(), succeeds: false }]);
    await telling.tell([{ change: 'opened', finding: finding({ id: 'f0' }), succeeds: true }]);
    open.push(finding({ id: 'f0' }));
    await telling.sweep();
    assert.deepEqual(told, ['firing f1: acme-slack']);
  });

  test('keeps a silenced one back, and tells it when the silence ends while it is open', async () => {
    const { telling, told, silences, open, clock } = world();
    silences.push(silence);
    open.push(finding());
    await telling.tell([{ change: 'opened', finding: finding(), succeeds: false }]);
    clock.us = 40_000_000;
    await telling.sweep();
    assert.deepEqual(told, []);
    clock.us = 60_000_000;
    await sleep(0);
    await telling.sweep();
    await telling.sweep();
    assert.deepEqual(told, ['firing f1: acme-slack']);
  });

  test('one that ends while it is silenced ends without a word', async () => {
    const { telling, told, silences } = world();
    silences.push({ ...silence, endsUs: 200_000_000 });
    await telling.tell([{ change: 'opened', finding: finding(), succeeds: false }]);
    await telling.tell([{ change: 'resolved', finding: finding(), succeeds: false }]);
    assert.deepEqual(told, []);
  });

  test('tells again after the repeat interval, each time under another occasion', async () => {
    const { telling, told, open, clock } = world({ repeatSeconds: 10 });
    clock.us = 20_000_000;
    open.push(finding());
    await telling.tell([{ change: 'opened', finding: finding(), succeeds: false }]);
    for (const us of [25_000_000, 30_000_000, 35_000_000, 41_000_000]) {
      clock.us = us;
      await telling.sweep();
    }
    assert.deepEqual(told, [
      'firing f1: acme-slack',
      'repeat 20000000 f1: acme-slack',
      'repeat 30000000 f1: acme-slack',
    ]);
  });

  test('tells of the end of one that was told, silenced meanwhile or not, once', async () => {
    const { telling, told, silences } = world();
    await telling.tell([{ change: 'opened', finding: finding(), succeeds: false }]);
    silences.push({ ...silence, endsUs: 200_000_000 });
    await telling.tell([{ change: 'resolved', finding: finding(), succeeds: false }]);
    await telling.tell([{ change: 'resolved', finding: finding(), succeeds: false }]);
    assert.deepEqual(told, ['firing f1: acme-slack', 'resolved f1: acme-slack']);
  });

  test('tells that somebody resolved it, and again when it is hit after that', async () => {
    const { telling, told, act, open, clock } = world();
    open.push(finding());
    await telling.tell([{ change: 'opened', finding: finding(), succeeds: false }]);
    clock.us = 10_000_000;
    act('resolved');
    clock.us = 20_000_000;
    await telling.sweep();
    await telling.sweep();
    open.splice(0, 1, finding({ lastSeenUs: 15_000_000 }));
    clock.us = 30_000_000;
    await telling.sweep();
    await telling.sweep();
    assert.deepEqual(told, [
      'firing f1: acme-slack',
      'resolved 10000000 f1: acme-slack',
      'again 10000000 f1: acme-slack',
    ]);
  });

  test('keeps one quiet while another that inhibits it is open, also one of the same moment, and says by which', async () => {
    const { telling, told, done, act, open, clock } = world({ inhibitedBy: { rules: ['breach'] } });
    const breach = finding({ id: 'b1', rule: { ...finding().rule, id: 'breach' } });
    await telling.tell(
      [finding(), breach].map((one) => ({ change: 'opened' as const, finding: one, succeeds: false })),
    );
    assert.deepEqual(told, ['firing b1: acme-slack']);
    assert.deepEqual(
      done.filter(({ kind }) => kind === 'inhibited').map(({ findingId, note }) => [findingId, note]),
      [['f1', 'by b1']],
    );
    open.push(finding(), breach);
    await telling.sweep();
    await telling.sweep();
    assert.equal(told.length, 1);
    clock.us = 30_000_000;
    act('resolved', 'b1');
    clock.us = 40_000_000;
    await telling.sweep();
    assert.deepEqual(told.slice(1).sort(), ['firing f1: acme-slack', 'resolved 30000000 b1: acme-slack']);
  });

  test('looks through every open one, however many, and tells also those that grow all the time', async () => {
    const { telling, told, silences, open, clock } = world();
    silences.push(silence);
    open.push(...Array.from({ length: 2_500 }, (_, at) => finding({ id: `f${at}`, version: 39_999_999 + at })));
    await telling.sweep();
    clock.us = 60_000_000;
    await telling.sweep();
    assert.equal(told.length, 2_500);
  });
});
