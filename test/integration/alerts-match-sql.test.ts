import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { compileDetection } from '../../services/alerts/match/index.js';
import { detectionSql } from '../../services/alerts/match/sql/index.js';
import { type DetectionRule, parseRuleSet } from '../../services/alerts/rules/index.js';
import { createBind } from '../../services/core/sql/bind.js';
import { decodeEvent, formatUuid, type WireEvent } from '../../services/core/wire/index.js';
import { arbitraryLoggedEvent, arbitraryRule } from '../support/arbitrary-detection.js';
import { sharedData } from '../support/importing.js';
import { eventParts } from '../support/judging.js';
import { readFeeds, readSigmaRules } from '../support/sigma-data.js';
import { createTestDatabase, type TestDatabase } from '../support/stack.js';
import { createStoredLog } from '../support/stored-log.js';

const cases = Number(process.env.SEALSTREAM_PROPERTY_CASES ?? 150);
const stored = 400;

describe('a detection in SQL', () => {
  let database: TestDatabase;
  const events = new Map<string, WireEvent>();

  before(async () => {
    database = await createTestDatabase();
    const log = createStoredLog(database.clickhouse);
    const inputs = fc.sample(arbitraryLoggedEvent, stored);
    for (let at = 0; at < inputs.length; at += 100) {
      const parts = inputs.slice(at, at + 100).map((input) => eventParts(input));
      for (const part of parts) {
        const event = decodeEvent(part);
        events.set(formatUuid(event.body.id), event);
      }
      log.record(parts);
    }
    await log.store();
  });
  after(() => database.remove());

  /** The ids of the events of which each detection holds, several detections in one query. */
  const askAll = async (detections: readonly NonNullable<ReturnType<typeof detectionSql>>[]): Promise<string[][]> => {
    const bind = createBind();
    const columns = detections.map((sql, at) => `(${sql(bind)}) AS holds${at}`);
    const result = await database.clickhouse.query({
      query: `SELECT toString(id) AS id, ${columns.join(', ')} FROM events`,
      query_params: bind.params,
      format: 'JSONEachRow',
    });
    const rows = await result.json<Record<string, string | number>>();
    assert.equal(rows.length, stored);
    return detections.map((_, at) => rows.filter((row) => Number(row[`holds${at}`]) === 1).map(({ id }) => String(id)));
  };

  test(`holds of exactly the events that the predicate in memory lets through (${cases} rules)`, async (context) => {
    let asked = 0;
    let found = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(arbitraryRule, { minLength: 10, maxLength: 10 }), async (texts) => {
        const { rules, faults } = parseRuleSet(
          texts.map((text, at) => ({ source: `rule ${at}`, text: text.replace(/"id":"[^"]*"/, `"id":"${at}"`) })),
        );
        assert.deepEqual(faults, []);
        const said = (rules as DetectionRule[]).flatMap(({ id, detection }) => {
          const sql = detectionSql(detection);
          return sql ? [{ text: texts[Number(id)]!, detection, sql }] : [];
        });
        if (said.length === 0) return;
        const answers = await askAll(said.map(({ sql }) => sql));
        for (const [at, { text, detection }] of said.entries()) {
          const holds = compileDetection(detection);
          const expected = [...events].filter(([, event]) => holds(event)).map(([id]) => id);
          const extra = answers[at]!.find((id) => !expected.includes(id));
          const missed = expected.find((id) => !answers[at]!.includes(id));
          const one = events.get(extra ?? missed ?? '');
          assert.ok(
            !one,
            `${extra ? 'only in SQL' : 'not in SQL'}: ${text}\n${JSON.stringify(one?.content)}\n${JSON.stringify(one?.body)}`,
          );
          found += expected.length;
        }
        asked += said.length;
      }),
      { numRuns: Math.ceil(cases / 10), endOnFailure: true },
    );
    context.diagnostic(`${asked} of ${Math.ceil(cases / 10) * 10} detections have SQL; they found ${found} events`);
    assert.ok(asked > cases / 2, `only ${asked} detections have SQL`);
    assert.ok(found > asked, `only ${found} events were found`);
  });
});

describe('Sigma rules over real logs', () => {
  const shared = sharedData('sigma-expected-matches.json');
  test('find the same in ClickHouse as in memory', { skip: shared.skip }, async (context) => {
    const data = join(shared.file, '..');
    const rules = readSigmaRules(data).rules as DetectionRule[];
    const events = readFeeds(data).map(({ event }) => {
      const input = { action: event.body.action, details_schema: event.body.details_schema };
      return eventParts({ ...input, details: JSON.parse(event.content.details) as unknown });
    });
    const database = await createTestDatabase();
    try {
      const log = createStoredLog(database.clickhouse);
      for (let at = 0; at < events.length; at += 50) log.record(events.slice(at, at + 50));
      await log.store();
      const decoded = events.map(decodeEvent);
      let found = 0;
      let said = 0;
      for (const { text, detection } of rules) {
        const sql = detectionSql(detection);
        if (!sql) continue;
        said += 1;
        const bind = createBind();
        const query = `SELECT toString(id) AS id FROM events WHERE ${sql(bind)}`;
        const result = await database.clickhouse.query({ query, query_params: bind.params, format: 'JSONEachRow' });
        const ids = (await result.json<{ id: string }>()).map(({ id }) => id);
        const holds = compileDetection(detection);
        const expected = decoded.filter(holds).map(({ body }) => formatUuid(body.id));
        assert.deepEqual(ids.sort(), expected.sort(), text.title);
        found += ids.length;
      }
      context.diagnostic(`${said} of ${rules.length} rules have SQL; over ${events.length} events they found ${found}`);
      assert.equal(said, rules.length);
    } finally {
      await database.remove();
    }
  });
});
