import { createStoredEvents } from '../../services/alerts/engine/stored-events.js';
import { createFindingTable, type Finding, findingOf } from '../../services/alerts/findings/index.js';
import { createRuleIndex } from '../../services/alerts/match/index.js';
import type { DetectionRule, Rule } from '../../services/alerts/rules/index.js';
import { type Entered, judgeAll, planWindows } from '../../services/alerts/windows/index.js';
import type { Locate } from '../../services/alerts/windows/plan.js';
import { createMetrics } from '../../services/core/metrics.js';
import { formatUuid } from '../../services/core/wire/index.js';
import { runBacktest } from '../../services/gateway/alerts/backtest/run/index.js';
import { createQueryMetrics } from '../../services/gateway/query/metrics.js';
import { createEventsTable } from '../../services/gateway/query/scope.js';
import type { DeliveryWorld } from './delivering.js';

/** What is compared of a finding: everything but when and by whom it was written. */
export type Compared = Omit<Finding, 'version'>;

const compared = ({ version: _, ...finding }: Finding): Compared => finding;
const byId = (findings: Compared[]): Compared[] => findings.sort((a, b) => (a.id < b.id ? -1 : 1));

/** The findings of the stored events as the pure function has them: all at once, in one go. */
export async function pureFindings(
  { clickhouse, config }: DeliveryWorld,
  rules: readonly Rule[],
  locate?: Locate,
): Promise<Compared[]> {
  const plan = planWindows(rules, { locate });
  const index = createRuleIndex(rules.filter((rule): rule is DetectionRule => rule.kind === 'detection'));
  const entered: Entered[] = [];
  await createStoredEvents({ clickhouse, database: config.database }).since(0, (event, appendTimeUs) => {
    for (const entry of plan.entriesOf(event, index.match(event), appendTimeUs)) {
      entered.push({ entry, timeUs: event.body.occurred_at, eventId: formatUuid(event.body.id) });
    }
  });
  const found = judgeAll(plan, entered).flatMap(({ rule, group, runs }) => {
    const window = plan.windows.get(rule)!;
    if (!window.rule.alerts) return [];
    return runs.map((run) => compared(findingOf(window, { owner: '', group, run, version: 0 })));
  });
  return byId(found);
}

/** The findings that were stored and did not become part of another. */
export async function storedFindings(
  { clickhouse, config }: DeliveryWorld,
  rules: readonly Rule[],
): Promise<Compared[]> {
  const table = createFindingTable({ clickhouse, database: config.database });
  return byId((await table.open({ owner: '', ruleIds: rules.map(({ id }) => id) }, 0)).map(compared));
}

/** The findings of a backtest of the same rules over all that is stored. */
export async function backtestFindings(
  { clickhouse, config: { database } }: DeliveryWorld,
  rules: readonly Rule[],
  locate: Locate,
): Promise<Compared[]> {
  const metrics = createQueryMetrics(createMetrics('test', { process: false }));
  const table = createEventsTable({ clickhouse, database, metrics });
  const ruleIds = rules.filter(({ alerts }) => alerts).map(({ id }) => id);
  const stretch = { fromUs: (Date.now() - 3_600_000) * 1_000, toUs: (Date.now() + 60_000) * 1_000 };
  const { allFindings, coverage } = await runBacktest(
    { rules, ruleIds, owner: '', ...stretch, locate },
    { table, scopes: [{ kind: 'organizations', organizations: '*' }, { kind: 'system' }] },
  );
  if (coverage.cut) throw new Error(`the backtest was cut: ${coverage.cut.why}`);
  return byId(allFindings.map(compared));
}
