import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isOnAtFirst, packTexts, readPack } from '../../services/alerts/pack/index.js';
import { readRuleTests, runRuleTest } from '../../services/alerts/rule-tests/index.js';
import { levels, parseRuleSet } from '../../services/alerts/rules/index.js';
import { expandAction } from '../../services/core/catalogue/index.js';

const pack = readPack();
const alerting = pack.rules.filter(({ alerts }) => alerts);
const ruleById = new Map(pack.rules.map((rule) => [rule.id, rule]));
const { tests, faults } = readRuleTests(pack.sources, pack.rules);

describe('the built-in rules', () => {
  test('their tests can be read', () => assert.deepEqual(faults, []));

  for (const rule of alerting) {
    describe(rule.text.title, () => {
      const own = tests.filter((one) => one.rule === rule);
      for (const one of own) {
        test(one.name, () => {
          const { missing, unexpected } = runRuleTest(one, ruleById);
          assert.deepEqual({ missing, unexpected }, { missing: [], unexpected: [] });
        });
      }

      test('has a test that gives an alert and one that gives none', () => {
        assert.ok(own.some(({ alerts }) => alerts.length > 0));
        assert.ok(own.some(({ alerts }) => alerts.length === 0));
      });

      test('says what it is about, what may be wrong with it, and where it stands in ATT&CK', () => {
        const { description, falsePositives, tags, author, license } = rule.text;
        assert.ok(description.length > 20 && falsePositives.length > 0);
        assert.ok(tags.some((tag) => /^attack\.t\d{4}(\.\d{3})?$/.test(tag)));
        assert.deepEqual({ author, license }, { author: 'Sealstream', license: 'Apache-2.0' });
        assert.ok(levels.indexOf(rule.level) > 0);
      });
    });
  }

  test('are those that the guide lists, by name', () => {
    const names = alerting.map(({ name }) => name).sort();
    assert.deepEqual(names, [
      'admin_rights_granted',
      'alerting_weakened',
      'failed_logins_from_address',
      'failed_logins_in_organization',
      'failed_logins_of_account',
      'impossible_travel',
      'key_used_elsewhere',
      'key_with_all_rights',
      'large_export',
      'log_equivocation',
      'log_gap',
      'log_verification_failed',
      'login_after_failed_logins',
      'login_after_spraying',
      'login_from_new_country',
      'many_accounts_from_address',
      'many_deletions',
      'mass_deletion',
      'new_device',
      'new_user_agent',
      'off_hours_administration',
      'own_rights_raised',
      'retention_changed',
    ]);
    const off = alerting.filter((rule) => !isOnAtFirst(rule)).map(({ name }) => name);
    assert.deepEqual(off.sort(), ['key_used_elsewhere', 'new_user_agent', 'off_hours_administration']);
  });

  test('can be switched on and off each for itself', () => {
    const [shared, ...texts] = packTexts(pack);
    assert.equal(texts.length, alerting.length);
    assert.deepEqual(
      texts.filter(({ enabled }) => !enabled).map(({ id }) => ruleById.get(id)!.name),
      alerting.filter((rule) => !isOnAtFirst(rule)).map(({ name }) => name),
    );
    const parsed = (some: typeof texts) =>
      parseRuleSet([shared!, ...some].map(({ id, text }) => ({ source: id, text })));
    for (const one of texts) {
      for (const some of [[one], texts.filter((other) => other !== one)]) {
        const { rules, faults: wrong, warnings } = parsed(some);
        assert.deepEqual([wrong, warnings], [[], []], one.name);
        const found = rules.filter(({ alerts }) => alerts).map(({ id, version }) => `${id} ${version}`);
        assert.deepEqual(found.sort(), some.map(({ id }) => `${id} ${ruleById.get(id)!.version}`).sort(), one.name);
      }
    }
    assert.deepEqual(
      parsed([]).rules.filter(({ alerts }) => alerts),
      [],
    );
  });

  test('know every name that the catalogue has for what they look for', () => {
    const text = pack.sources.map((source) => source.text).join('\n');
    const named = new Set(text.match(/[a-z_]+(?:\.[a-z_]+)+|\b(?:login|failed_login|sso_login)\b/g));
    const looked = ['auth.login_failed', 'auth.login', 'auth.new_device', 'member.role_changed', 'auth.role_assigned'];
    const more = ['api_key.created', 'retention.policy_changed', 'legal_hold.released', 'alert_rule.deleted'];
    for (const action of [...looked, ...more]) {
      for (const name of expandAction(action)!) assert.ok(named.has(name), `${name} of ${action} is in no rule`);
    }
  });
});
