import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import {
  alertState,
  createActionTable,
  createFindingTable,
  createSilenceTable,
  type FindingAction,
  mostActions,
  mostOfOwner,
  type StoredSilence,
} from '../../services/alerts/findings/index.js';
import { type ClickHouseClient, createClickHouse } from '../../services/core/clients/clickhouse.js';
import { formatTimestampUs } from '../../services/core/event/time.js';
import { createAlerts } from '../../services/gateway/alerts/alerts/alerts.js';
import { someFinding } from '../support/alert-topic.js';
import { createTestDatabase, stackFromEnv } from '../support/stack.js';

const nowUs = (): number => Date.now() * 1_000;

describe('what is stored about alerts', () => {
  let database: string;
  let clickhouse: ClickHouseClient;
  let remove: () => Promise<void>;
  before(async () => {
    const { clickhouseUrl } = stackFromEnv();
    const made = await createTestDatabase({ clickhouseUrl });
    ({ database, remove } = made);
    clickhouse = createClickHouse({ url: new URL(clickhouseUrl), database });
  });
  after(async () => {
    await clickhouse?.close();
    await remove?.();
  });

  const action = (
    finding: { organizationId: string; id: string },
    kind: FindingAction['kind'],
    atUs: number,
  ): Omit<FindingAction, 'id'> => ({
    organizationId: finding.organizationId,
    findingId: finding.id,
    kind,
    atUs,
    note: '',
    actor: { type: 'user', id: 'ada', name: '' },
  });

  test('an alert that people were told of thousands of times is still acknowledged', async () => {
    const actions = createActionTable({ clickhouse, database });
    const finding = someFinding('acme');
    const start = nowUs();
    await actions.write([
      action(finding, 'acknowledged', start),
      ...Array.from({ length: mostActions + 500 }, (_, at) => action(finding, 'notified', start + 1 + at)),
    ]);
    const done = (await actions.of([finding])).get(finding.id)!;
    assert.equal(done.length, mostActions + 1);
    assert.deepEqual([done[0]!.kind, done.at(-1)!.atUs], ['acknowledged', start + mostActions + 500]);
    const state = alertState({ finding, actions: done, silences: [], nowUs: start + 10_000 });
    assert.equal(state.status, 'acknowledged');
  });

  test('actions at the same time, of all kinds, by many writers, are all there, each with its own alert', async () => {
    const actions = createActionTable({ clickhouse, database });
    const findings = [someFinding('acme'), someFinding('globex')];
    const kinds = ['acknowledged', 'commented', 'resolved', 'reopened', 'inhibited'] as const;
    await Promise.all(
      findings.flatMap((finding) => kinds.map((kind, at) => actions.add(action(finding, kind, nowUs() + at)))),
    );
    const done = await actions.of(findings);
    for (const { id, organizationId } of findings) {
      const own = done.get(id)!;
      assert.deepEqual(own.map(({ kind }) => kind).sort(), [...kinds].sort());
      assert.ok(own.every((one) => one.organizationId === organizationId && one.findingId === id));
    }
    const foreign = { ...findings[0]!, organizationId: 'globex' };
    assert.deepEqual((await actions.of([foreign, findings[1]!])).get(foreign.id), []);
  });

  test('what is done through a gateway whose clock is behind comes behind what was done before', async () => {
    const tables = {
      findings: createFindingTable({ clickhouse, database }),
      actions: createActionTable({ clickhouse, database }),
      silences: createSilenceTable({ clickhouse, database }),
    };
    const [ahead, behind] = [createAlerts(tables), createAlerts({ ...tables, nowUs: () => nowUs() - 10_000_000 })];
    const finding = someFinding('hooli');
    await tables.findings.write([finding]);
    const scope = { organizations: ['hooli'], system: false };
    const actor = { type: 'user', id: 'ada', name: '' };
    await ahead.act(scope, finding.id, { kind: 'resolved', note: '', actor });
    const { after } = await behind.act(scope, finding.id, { kind: 'reopened', note: '', actor });
    assert.equal(after.alert.state, 'open');
    assert.deepEqual(
      (await behind.get(scope, finding.id)).actions.map(({ kind }) => kind),
      ['resolved', 'reopened'],
    );
    await assert.rejects(
      behind.act({ organizations: ['acme'], system: false }, finding.id, { kind: 'resolved', note: '', actor }),
    );
  });

  const silence = (organizationId: string, startsUs: number, endsUs: number): StoredSilence => ({
    id: randomUUID(),
    organizationId,
    version: startsUs,
    matchers: [{ name: 'rule_id', comparison: 'equal', value: 'x' }],
    startsUs,
    endsUs,
    reason: '',
    deleted: false,
    changedAtMs: 0,
    changedBy: 'test',
  });

  test('nobody’s silences push out another’s, and an old one is found however many came after it', async () => {
    const table = createSilenceTable({ clickhouse, database });
    const now = nowUs();
    const old = silence('acme', now - 86_400_000_000, now + 3_600_000_000);
    await table.put(old);
    const crowd = Array.from({ length: mostOfOwner + 50 }, (_, at) =>
      silence('globex', now - at * 1_000, now + 60_000_000),
    );
    const own = crowd.map((one) => ({ ...one, id: randomUUID(), organizationId: 'acme', endsUs: now - 1_000 }));
    await clickhouse.insert({
      table: `${database}.alert_silences`,
      format: 'JSONEachRow',
      values: [...crowd, ...own].map((one) => ({
        organization_id: one.organizationId,
        id: one.id,
        version: one.version,
        matchers: '[]',
        starts_at: formatTimestampUs(one.startsUs),
        ends_at: formatTimestampUs(one.endsUs),
        reason: '',
        deleted: false,
        changed_at: formatTimestampUs(now),
        changed_by: '',
      })),
    });
    const lasting = await table.lasting(now);
    assert.equal(lasting.filter(({ organizationId }) => organizationId === 'globex').length, mostOfOwner);
    assert.deepEqual(
      lasting.filter(({ organizationId }) => organizationId === 'acme').map(({ id }) => id),
      [old.id],
    );
    assert.equal((await table.find('acme', old.id))?.id, old.id);
    assert.equal(await table.find('globex', old.id), undefined);
    assert.equal((await table.of(['acme'])).length, mostOfOwner);
  });

  test('the newest version of a silence counts, whichever was written last', async () => {
    const table = createSilenceTable({ clickhouse, database });
    const now = nowUs();
    const first = silence('initech', now - 5_000_000, now + 60_000_000);
    const ended = { ...first, version: first.version + 2, endsUs: now - 1_000_000 };
    await Promise.all([table.put(ended), table.put({ ...first, version: first.version + 1 }), table.put(first)]);
    assert.deepEqual(await table.of(['initech'], now), []);
    assert.equal((await table.find('initech', first.id))!.version, ended.version);
  });

  test('pages of open alerts hold each once, whatever is resolved meanwhile', async () => {
    const table = createFindingTable({ clickhouse, database });
    const made = Array.from({ length: 25 }, (_, at) =>
      someFinding('umbrella', { firstHitUs: nowUs() - (at % 5) * 1_000 }),
    );
    await table.write(made);
    const seen: string[] = [];
    for (let after: (typeof made)[number] | undefined; ; ) {
      const page = await table.list({ organizations: ['umbrella'], unresolvedAtUs: nowUs(), after, limit: 7 });
      seen.push(...page.map(({ id }) => id));
      await table.write(page.map((one) => ({ ...one, version: 2, resolvesUs: nowUs() - 1_000 })));
      after = page.at(-1);
      if (page.length < 7) break;
    }
    assert.deepEqual([...seen].sort(), made.map(({ id }) => id).sort());
  });
});
