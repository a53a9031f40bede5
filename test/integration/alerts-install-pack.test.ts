import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { installPack, packOwner } from '../../services/alerts/engine/install-pack.js';
import { packTexts } from '../../services/alerts/pack/index.js';
import { createRuleTable, type RuleTable } from '../../services/alerts/rule-texts/index.js';
import { createTestDatabase, type TestDatabase } from '../support/stack.js';

describe('the built-in rules, put into the table', () => {
  let db: TestDatabase;
  let table: RuleTable;
  const texts = packTexts();
  const nowMs = Date.UTC(2026, 0, 2);
  before(async () => {
    db = await createTestDatabase();
    table = createRuleTable(db);
  });
  after(() => db.remove());

  test('are all there once, the ones that need fitting switched off', async () => {
    assert.equal(await installPack({ table, nowMs }), texts.length);
    assert.equal(await installPack({ table, nowMs }), 0);
    const stored = await table.of([packOwner]);
    assert.deepEqual(
      stored.map(({ id, enabled }) => [id, enabled]).sort(),
      texts.map(({ id, enabled }) => [id, enabled]).sort(),
    );
    assert.ok(stored.some(({ enabled }) => !enabled));
  });

  test('of another release replace the text, and leave what people decided', async () => {
    const [first, second] = texts.filter(({ enabled }) => enabled);
    const [[one], [two]] = [await table.versions(packOwner, first!.id), await table.versions(packOwner, second!.id)];
    await table.write([
      { ...one!, version: 2, enabled: false, channels: ['ops'], changedBy: 'ak_1' },
      { ...two!, version: 2, deleted: true, changedBy: 'ak_1' },
    ]);
    const next = texts.map((text) => ({ ...text, text: `${text.text}# another release\n`, enabled: true }));
    assert.equal(await installPack({ table, texts: next, nowMs: nowMs + 1 }), texts.length);
    const stored = new Map((await table.of([packOwner])).map((text) => [text.id, text]));
    const { version, enabled, channels, text } = stored.get(first!.id)!;
    assert.deepEqual([version, enabled, channels], [3, false, ['ops']]);
    assert.match(text, /another release/);
    assert.equal(stored.get(second!.id), undefined);
  });
});
