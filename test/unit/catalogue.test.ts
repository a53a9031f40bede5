import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { history } from '../../services/cli/demo/history.js';
import { createSimulation } from '../../services/cli/demo/simulation.js';
import {
  actionNamePattern,
  catalogueActions,
  categoryOf,
  createDetailsChecker,
  expandAction,
  findAction,
  maxActionNameLength,
  ownersOnlyActions,
  readDetailsSchema,
} from '../../services/core/catalogue/index.js';

const checker = createDetailsChecker();

describe('the action catalogue', () => {
  test('names each action once, as events may have it', () => {
    const names = catalogueActions.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const name of [...names, ...catalogueActions.flatMap(({ aliases }) => aliases)]) {
      assert.match(name, new RegExp(actionNamePattern));
      assert.ok(name.length <= maxActionNameLength);
    }
    for (const name of names) assert.ok(name.includes('.'), `${name} has no category`);
  });

  test('covers the areas that an auditor looks for', () => {
    const categories = new Set(catalogueActions.map(({ name }) => categoryOf(name)));
    for (const category of [
      ...['auth', 'user', 'member', 'role', 'api_key', 'sso_provider', 'oauth_provider', 'policy', 'organization'],
      ...['application', 'billing', 'webhook', 'server', 'instance', 'deployment', 'backup', 'database'],
      ...['plugin_config', 'agent', 'ai_settings', 'export', 'retention', 'legal_hold', 'audit', 'producer'],
      ...['alert', 'alert_rule', 'silence'],
    ]) {
      assert.ok(categories.has(category), `nothing of ${category}`);
    }
  });

  test('describes each action in one sentence', () => {
    for (const { name, description } of catalogueActions) {
      assert.match(description, /^[A-Z][^\n]{8,118}\.$/, name);
      assert.equal(description.split('. ').length, 1, name);
    }
    const said = catalogueActions.map(({ description }) => description);
    assert.deepEqual(
      said.filter((description, at) => said.indexOf(description) !== at),
      [],
    );
  });

  test('has only schemas that it would take from others, and each compiles', () => {
    for (const { name, schema } of catalogueActions) {
      assert.equal(readDetailsSchema(schema), schema, name);
      checker.checkSchema(schema);
      assert.deepEqual(checker.faults(schema, {}), [], `${name} needs something`);
      assert.deepEqual(checker.faults(schema, undefined), [], `${name} needs details`);
      assert.deepEqual(checker.faults(schema, [])[0], { pointer: '/details', detail: 'must be object' }, name);
    }
  });

  test('has no alias that is an action itself', () => {
    const names = new Set(catalogueActions.map(({ name }) => name));
    for (const { name, aliases } of catalogueActions) {
      assert.equal(new Set(aliases).size, aliases.length, name);
      for (const alias of aliases) assert.ok(!names.has(alias), `${alias} of ${name}`);
    }
  });

  test('resolves every alias to the actions that list it', () => {
    for (const { name, aliases } of catalogueActions) {
      for (const alias of aliases) {
        assert.ok(expandAction(alias)?.includes(name), alias);
        assert.ok(expandAction(alias)?.includes(alias), alias);
      }
      assert.equal(expandAction(name)?.[0], name);
      assert.equal(findAction(name)?.name, name);
    }
  });

  test('knows auth.failed and auth.login_failed as one, and login as both logins', () => {
    assert.equal(findAction('auth.failed'), findAction('auth.login_failed'));
    assert.deepEqual([...expandAction('auth.failed')!].sort(), [...expandAction('auth.login_failed')!].sort());
    assert.ok(expandAction('AUTH.Failed')?.includes('auth.login_failed'));
    const login = expandAction('login')!;
    for (const name of ['auth.login', 'auth.login_failed', 'auth.failed', 'user.login', 'login']) {
      assert.ok(login.includes(name), name);
    }
    assert.ok(!expandAction('auth.login')!.includes('auth.login_failed'));
    assert.ok(!expandAction('auth.login')!.includes('login'), 'what is stored as login may be either');
    assert.equal(findAction('login'), undefined);
    assert.equal(expandAction('nothing.of_the_kind'), undefined);
    assert.equal(expandAction('constructor'), undefined);
  });

  test('keeps billing, key material, legal hold and audit access for owners, under every name they go by', () => {
    for (const { name, visible_to } of catalogueActions) {
      assert.equal(ownersOnlyActions.has(name), visible_to === 'owners');
      if (['billing', 'legal_hold', 'audit', 'secret', 'encryption_key'].includes(categoryOf(name))) {
        assert.equal(visible_to, 'owners', name);
      }
    }
    assert.ok(ownersOnlyActions.has('invoice.paid') && ownersOnlyActions.has('audit_log.viewed'));
    assert.ok(!ownersOnlyActions.has('auth.login') && !ownersOnlyActions.has('auth.failed'));
    // An alias of several actions that others may see in part would hide too much or too little.
    for (const { visible_to, aliases } of catalogueActions) {
      for (const alias of aliases) {
        const sharing = catalogueActions.filter((other) => other.aliases.includes(alias));
        assert.ok(sharing.every((other) => other.visible_to === visible_to) || !ownersOnlyActions.has(alias), alias);
      }
    }
  });

  test('knows every action of the demo, and its details fit', () => {
    const simulation = createSimulation('catalogue');
    const toMs = Date.UTC(2026, 0, 8);
    const fromMs = toMs - 5 * 86_400_000;
    simulation.attack({ startMs: toMs - 3_600_000, spanMs: 600_000, budget: 60 });
    const seen = new Set<string>();
    for (const event of history({ simulation, fromMs, toMs, count: 6_000 })) {
      const known = findAction(event.action);
      assert.ok(known, `${event.action} is not in the catalogue`);
      assert.deepEqual(checker.faults(known.schema, event.details), [], event.action);
      seen.add(event.action);
    }
    assert.ok(seen.size > 25, `the demo showed ${seen.size} actions`);
  });
});
