import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createEngineMetrics } from '../../services/alerts/engine/engine-metrics.js';
import { createRuleCost } from '../../services/alerts/engine/rule-cost.js';
import { createMetrics } from '../../services/core/metrics.js';

describe('what rules cost', () => {
  test('is added up by owner and rule, and the costliest come first', () => {
    const cost = createRuleCost({ shown: 2 });
    cost.add('', 'cheap', 0.1);
    cost.add('', 'dear', 1);
    cost.add('acme', 'dear', 0.5);
    cost.add('acme', 'dear', 0.75);
    assert.deepEqual(cost.costliest(), [
      { owner: 'acme', rule: 'dear', seconds: 1.25 },
      { owner: '', rule: 'dear', seconds: 1 },
    ]);
  });

  test('is kept of so many rules only, the cheapest forgotten', () => {
    const cost = createRuleCost({ shown: 100, kept: 10 });
    for (let at = 0; at < 1_000; at += 1) cost.add('', `r${at}`, at === 3 ? 1_000 : at / 1_000);
    assert.ok(cost.costliest().length <= 10);
    assert.equal(cost.costliest()[0]!.rule, 'r3');
  });

  test('is shown whenever metrics are asked for, as it then is', async () => {
    const registry = createMetrics('test', { process: false });
    const { ruleCost } = createEngineMetrics(registry);
    const shown = async () =>
      (await registry.registry.metrics())
        .match(/^sealstream_alerts_rule_seconds\{.*$/gm)
        ?.map((line) => line.replace(/service="test"/, ''));
    assert.equal(await shown(), undefined);
    ruleCost.add('', 'spike', 0.25);
    ruleCost.add('', 'spike', 0.25);
    const [line, ...more] = (await shown())!;
    assert.equal(more.length, 0);
    assert.match(line!, /rule="spike".* 0\.5$/);
  });
});
