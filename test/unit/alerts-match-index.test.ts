import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { compileDetection, createRuleIndex } from '../../services/alerts/match/index.js';
import { type DetectionRule, parseRuleSet } from '../../services/alerts/rules/index.js';
import { type EventInput, toWire } from '../../services/core/event/index.js';
import type { WireEvent } from '../../services/core/wire/event.js';
import { arbitraryLoggedEvent, arbitraryRule } from '../support/arbitrary-detection.js';

const cases = Number(process.env.SEALSTREAM_PROPERTY_CASES ?? 150);

const read = (texts: readonly string[]): DetectionRule[] => {
  const { rules, faults } = parseRuleSet(texts.map((text, index) => ({ source: `rule ${index}`, text })));
  assert.deepEqual(faults, [], texts.join('\n'));
  return rules as DetectionRule[];
};

const wire = (input: Partial<EventInput>): WireEvent =>
  toWire({ action: 'x', organization_id: 'acme', ...input } as EventInput, { id: randomBytes(16), nowUs: 1 });

const rule = (id: string, detection: object, logsource: object = { product: 'sealstream' }): string =>
  JSON.stringify({ title: id, id, logsource, detection });

const ids = (rules: readonly DetectionRule[]): string[] => rules.map(({ id }) => id);

describe('an index of rules', () => {
  test('finds exactly the rules that trying all would find, in their order', () => {
    let matches = 0;
    fc.assert(
      fc.property(
        fc.uniqueArray(arbitraryRule, {
          minLength: 1,
          maxLength: 30,
          selector: (text) => JSON.parse(text).id as string,
        }),
        fc.array(arbitraryLoggedEvent, { minLength: 1, maxLength: 15 }),
        (texts, inputs) => {
          const rules = read(texts);
          const index = createRuleIndex(rules);
          const single = rules.map(({ detection }) => compileDetection(detection));
          for (const event of inputs.map(wire)) {
            const expected = rules.filter((_, at) => single[at]!(event));
            matches += expected.length;
            assert.deepEqual(ids(index.match(event)), ids(expected));
          }
        },
      ),
      { numRuns: cases },
    );
    assert.ok(matches > cases, `only ${matches} matches: the events and rules say nothing to each other`);
  });

  test('a rule with an exact value is only tried on events that have it', () => {
    const rules = read(
      Array.from({ length: 1_000 }, (_, at) =>
        rule(`rule-${at}`, { s: { action: 'auth.login', 'actor.id': `user-${at}` }, condition: 's' }),
      ),
    );
    const index = createRuleIndex(rules);
    assert.equal(index.unkeyed, 0);
    assert.deepEqual(ids(index.match(wire({ action: 'auth.login', actor: { id: 'USER-7' } }))), ['rule-7']);
    assert.deepEqual(ids(index.match(wire({ action: 'auth.login', actor: { id: 'nobody' } }))), []);
    assert.equal(index.tried, 1);
  });

  test('rules of one log source are told apart by what else they ask for, not tried for each of its events', () => {
    const rules = read(
      Array.from({ length: 200 }, (_, at) =>
        rule(
          `rule-${at}`,
          { s: { 'requestParameters.name|contains': `secret-${at}.` }, condition: 's' },
          { product: 'aws', service: 'cloudtrail' },
        ),
      ),
    );
    const index = createRuleIndex(rules);
    const event = (name: string): WireEvent =>
      wire({ details_schema: 'aws.cloudtrail', details: { requestParameters: { name } } });
    assert.deepEqual(ids(index.match(event('the secret-9. of'))), ['rule-9']);
    assert.deepEqual(ids(index.match(event('none'))), []);
    assert.equal(index.tried, 1);
  });

  test('a rule of exclusions alone is tried on every event', () => {
    const index = createRuleIndex(read([rule('r', { s: { action: 'x' }, condition: 'not s' })]));
    assert.equal(index.unkeyed, 1);
    assert.deepEqual(ids(index.match(wire({ action: 'y' }))), ['r']);
    assert.deepEqual(ids(index.match(wire({ action: 'x' }))), []);
  });
});
