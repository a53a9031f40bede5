import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { isOnAtFirst, readPack } from '../../services/alerts/pack/index.js';
import { judgeAll, planWindows } from '../../services/alerts/windows/index.js';
import type { Attack } from '../../services/cli/demo/attack.js';
import { history } from '../../services/cli/demo/history.js';
import { createSimulation } from '../../services/cli/demo/simulation.js';
import { type EventInput, toWire } from '../../services/core/event/index.js';
import { enterAll } from '../support/window-events.js';

const hourMs = 3_600_000;
/** A Wednesday afternoon. */
const nowMs = Date.UTC(2026, 5, 17, 14);

const { rules } = readPack();
const on = new Set(rules.filter(isOnAtFirst).map(({ id }) => id));
const nameById = new Map(rules.map(({ id, name }) => [id, name!]));

interface Raised {
  rule: string;
  organization: string;
  group: string[];
  firstMs: number;
}

/** The alerts of the rules that are switched on at first, by name. */
function alertsOf(events: readonly EventInput[]): Raised[] {
  const plan = planWindows(rules);
  const wire = events.map((event) => toWire(event, { id: randomBytes(16), nowUs: nowMs * 1_000 }));
  return judgeAll(plan, enterAll(plan, rules, wire))
    .filter(({ rule }) => on.has(rule))
    .flatMap(({ rule, group: [organization = '', ...group], runs }) =>
      runs.map(({ firstUs }) => ({ rule: nameById.get(rule)!, organization, group, firstMs: firstUs / 1_000 })),
    );
}

/** A day of the three organizations, with the attack that `npm run demo` puts into it. */
function demoDay(seed: string, attacked: boolean): { attack: Attack | undefined; events: EventInput[] } {
  const simulation = createSimulation(seed);
  const fromMs = nowMs - 24 * hourMs;
  const attack = attacked
    ? simulation.attack({ startMs: nowMs - 6 * hourMs, spanMs: 14 * 60_000, budget: 80 })
    : undefined;
  return { attack, events: [...history({ simulation, fromMs, toMs: nowMs, count: 5_000 })] };
}

const seeds = ['1', '2', 'another'];

describe("the demo's attack, and the built-in rules", () => {
  for (const seed of seeds) {
    test(`every step of the attack is an alert, once, and nothing else is (seed ${seed})`, () => {
      const { attack, events } = demoDay(seed, true);
      const { company, ip, victim, startMs, endMs } = attack!;
      const raised = alertsOf(events);
      assert.deepEqual(raised.map(({ rule, group }) => [rule, ...group].join(' ')).sort(), [
        `failed_logins_from_address ${ip}`,
        `failed_logins_of_account ${victim.id}`,
        'key_with_all_rights',
        'large_export',
        `login_after_failed_logins ${victim.id}`,
        `login_after_spraying ${ip}`,
        `many_accounts_from_address ${ip}`,
        'own_rights_raised',
      ]);
      for (const { rule, organization, firstMs } of raised) {
        assert.equal(organization, company.id, rule);
        assert.ok(firstMs >= startMs && firstMs <= endMs + 1, rule);
      }
    });

    test(`an ordinary day raises nothing (seed ${seed})`, () => {
      assert.deepEqual(alertsOf(demoDay(seed, false).events), []);
    });
  }

  test('an attack within half a minute is a spike of the whole organization, too', () => {
    const simulation = createSimulation('live');
    const { company } = simulation.attack({ startMs: nowMs, spanMs: 30_000, budget: 300 });
    const raised = alertsOf([...simulation.due(nowMs + 60_000)]);
    assert.equal(raised.length, 9);
    const [spike] = raised.filter(({ rule }) => rule === 'failed_logins_in_organization');
    assert.deepEqual([spike?.organization, spike?.group], [company.id, []]);
  });
});
