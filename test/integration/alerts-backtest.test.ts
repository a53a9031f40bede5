import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createFindingTable, type Finding } from '../../services/alerts/findings/index.js';
import { parseRules, type Rule } from '../../services/alerts/rules/index.js';
import { createMetrics } from '../../services/core/metrics.js';
import {
  type BacktestReport,
  type BacktestRequest,
  backtestLimits,
  difference,
  readExamples,
  runBacktest,
} from '../../services/gateway/alerts/backtest/run/index.js';
import { createQueryMetrics } from '../../services/gateway/query/metrics.js';
import { createEventsTable, type EventsTable, type TenantScope } from '../../services/gateway/query/scope.js';
import {
  alertWorld,
  type EngineConfig,
  startTestEngine,
  type TestEngine,
  until,
  writeRules,
} from '../support/alert-engine.js';
import { createLiveWorld, type LiveWorld } from '../support/live-world.js';

const rulesOf = (text: string): Rule[] => {
  const parsed = parseRules(text);
  if ('faults' in parsed) throw new Error(JSON.stringify(parsed.faults));
  return parsed.rules;
};
const spike = (id: string, count: number): string =>
  JSON.stringify({
    id,
    name: id,
    filter: { action: 'auth.failed' },
    condition: { count: `>= ${count}`, window: '5m', groupBy: 'ip' },
  });
const spraying = `
title: Failed
id: failed
name: failed
logsource: {product: sealstream}
detection: {sel: {action: auth.failed}, condition: sel}
---
title: Many users from one address
id: spraying
correlation: {type: value_count, rules: [failed], group-by: [ip], timespan: 5m, condition: {field: target.id, gte: 3}}
`;

/** Whole numbers below `most`, the same for the same seed. */
function numbers(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

const acme: TenantScope = { kind: 'organizations', organizations: ['acme'] };
const shownOf = ({ id, hits, events, firstSeenUs, lastSeenUs, eventIds, group }: Finding) => ({
  id,
  hits,
  events,
  firstSeenUs,
  lastSeenUs,
  eventIds,
  group,
});

describe('a backtest', () => {
  let live: LiveWorld;
  let config: EngineConfig;
  let engine: TestEngine;
  let table: EventsTable;
  let startUs: number;
  let total = 0;

  const run = (
    rules: Rule[],
    changes: Partial<BacktestRequest> & {
      scope?: TenantScope;
      limits?: Partial<typeof backtestLimits>;
      signal?: AbortSignal;
    } = {},
  ): Promise<BacktestReport> => {
    const { scope = acme, limits = {}, signal, ...request } = changes;
    const ruleIds = rules.filter(({ alerts }) => alerts).map(({ id }) => id);
    return runBacktest(
      { rules, ruleIds, owner: '', fromUs: startUs, toUs: startUs + 3_600_000_000, ...request },
      { table, scopes: [scope], signal },
      { limits: { ...backtestLimits, ...limits } },
    );
  };

  before(async () => {
    live = await createLiveWorld({ partitions: 2 });
    config = await alertWorld(live.world, { redisDatabase: 7 });
    await writeRules(live.world, [{ text: spike('few', 3) }, { text: spraying }]);
    await live.startConsumer();
    engine = await startTestEngine(config);
    const metrics = createMetrics('gateway', { process: false });
    const { clickhouse } = live.world;
    table = createEventsTable({ clickhouse, database: config.database, metrics: createQueryMetrics(metrics) });
    // Within the grace of the rules, out of order, and in two organizations.
    const next = numbers(20_260_302);
    startUs = (Date.now() - 540_000) * 1_000;
    for (let record = 0; record < 40; record += 1) {
      const events = Array.from({ length: 5 }, () => ({
        action: next(4) === 0 ? 'auth.login' : 'auth.failed',
        organization_id: next(5) === 0 ? 'globex' : 'acme',
        ip: `198.51.100.${next(6)}`,
        target: { type: 'user', id: `u${next(5)}` },
        occurred_at: new Date(startUs / 1_000 + next(500_000)).toISOString(),
      }));
      total += events.length;
      await live.record(events);
    }
    await until(async () => {
      const [row] = await table.selectObjects<{ n: number }>({
        name: 'test',
        scope: { kind: 'organizations', organizations: '*' },
        columns: ['count() AS n'],
      });
      return row!.n === total ? true : undefined;
    }, 'all events stored');
  });
  after(async () => {
    await engine?.stop();
    await live?.remove();
  });

  test('finds what the engine found live: the same alerts with the same ids, events and hits', async () => {
    const findings = createFindingTable({ clickhouse: live.world.clickhouse, database: config.database });
    const rules = rulesOf(`${spike('few', 3)}\n---\n${spraying}`);
    const { allFindings, way, coverage } = await run(rules);
    assert.equal(way, 'sql');
    assert.equal(coverage.cut, undefined);
    assert.ok(allFindings.length > 5);
    const expected = allFindings.map(shownOf).sort((a, b) => (a.id < b.id ? -1 : 1));
    let found: ReturnType<typeof shownOf>[] = [];
    await until(async () => {
      const listed = await findings.list({ organizations: ['acme'], limit: 1_000 });
      found = listed.map(shownOf).sort((a, b) => (a.id < b.id ? -1 : 1));
      return JSON.stringify(found) === JSON.stringify(expected) ? true : undefined;
    }, 'the same findings').catch(() => assert.deepEqual(found, expected));
  });

  test('looks at the events of its tenant only', async () => {
    const { allFindings, coverage } = await run(rulesOf(spike('few', 3)));
    const other = await run(rulesOf(spike('few', 3)), { scope: { kind: 'organizations', organizations: ['globex'] } });
    assert.ok(allFindings.every(({ organizationId }) => organizationId === 'acme'));
    assert.ok(other.allFindings.every(({ organizationId }) => organizationId === 'globex'));
    assert.equal(coverage.events + other.coverage.events, total);
    const nobody = await run(rulesOf(spike('few', 3)), { scope: { kind: 'organizations', organizations: [] } });
    assert.deepEqual([nobody.coverage.events, nobody.findingsTotal], [0, 0]);
  });

  test('streams what ClickHouse cannot say, and finds the same', async () => {
    const rules = rulesOf(spike('few', 3));
    const said = await run(rules);
    const unsayable = rules.map((rule) => {
      if (rule.kind !== 'detection') return rule;
      const { expression } = rule.detection;
      // The same condition more often than SQL is made of.
      return { ...rule, detection: { expression: { kind: 'and' as const, of: Array(501).fill(expression) } } };
    });
    const streamed = await run(unsayable);
    assert.deepEqual([said.way, streamed.way], ['sql', 'stream']);
    assert.deepEqual(streamed.allFindings.map(shownOf), said.allFindings.map(shownOf));
    assert.ok(streamed.coverage.read > said.coverage.read);
    const paged = await run(rules, { limits: { pageRows: 7 } });
    assert.deepEqual(paged.allFindings.map(shownOf), said.allFindings.map(shownOf));
  });

  test('says where it was cut, and what lies before is as it would be in full', async () => {
    const rules = rulesOf(spike('few', 3));
    const full = await run(rules);
    const cut = await run(rules, { limits: { pageRows: 10, matches: 40 } });
    assert.equal(cut.coverage.cut?.why, 'matches');
    const until = cut.coverage.cut!.atUs;
    const firsts = ({ hits }: BacktestReport) =>
      hits.flatMap((one) => one.hits.filter(({ timeUs }) => timeUs < until).map(({ eventId }) => eventId)).sort();
    assert.deepEqual(firsts(cut), firsts(full));
    assert.equal((await run(rules, { limits: { ms: -1 } })).coverage.cut?.why, 'time');
  });

  test('ends when it is called off', async () => {
    const signal = AbortSignal.abort(new Error('called off'));
    await assert.rejects(run(rulesOf(spike('few', 3)), { signal }));
  });

  test('says what a stricter version no longer finds', async () => {
    const [loose, strict] = [await run(rulesOf(spike('few', 3))), await run(rulesOf(spike('few', 8)))];
    const { findings, hits } = difference(loose, strict);
    assert.equal(findings.onlyNewTotal, 0);
    assert.equal(hits.onlyNewTotal, 0);
    assert.equal(hits.both, strict.hitsTotal);
    assert.equal(hits.both + hits.onlyOldTotal, loose.hitsTotal);
    assert.ok(hits.onlyOldTotal > 0);
    const same = difference(loose, loose);
    assert.deepEqual([same.hits.onlyOldTotal, same.findings.both], [0, loose.findingsTotal]);
  });

  test('shows events of what it found, and counts over time that add up', async () => {
    const report = await run(rulesOf(spike('few', 3)));
    const examples = await readExamples(report.findings, { table, scopes: [acme] }, backtestLimits);
    const [first] = report.findings;
    assert.equal(examples.get(first!.eventIds[0]!)!.action, 'auth.failed');
    const sum = (of: 'hits' | 'findings') => report.overTime.reduce((all, one) => all + one[of], 0);
    assert.deepEqual([sum('hits'), sum('findings')], [report.hitsTotal, report.findingsTotal]);
  });

  test('lets late events in where it is told to', async () => {
    const at = new Date(Date.now() - 86_400_000).toISOString();
    await live.record(Array.from({ length: 4 }, () => ({ action: 'auth.failed', ip: '203.0.113.9', occurred_at: at })));
    const fromUs = Date.parse(at) * 1_000 - 1_000_000;
    const stretch = { fromUs, toUs: fromUs + 10_000_000 };
    const rules = rulesOf(spike('few', 3));
    await until(async () => ((await run(rules, stretch)).coverage.events === 4 ? true : undefined), 'the late events');
    const [without, including] = [await run(rules, stretch), await run(rules, { ...stretch, includeLate: true })];
    assert.deepEqual([without.findingsTotal, without.coverage.leftOut.late], [0, 4]);
    assert.deepEqual([including.findingsTotal, including.hitsTotal], [1, 2]);
  });
});
