import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { nestsDeeperThan } from '../../services/gateway/http/json-nesting.js';
import { contentTexts, jsonDepth } from '../../services/gateway/ingest/json-texts.js';

const depthOf = (value: unknown): number =>
  value !== null && typeof value === 'object' ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;

describe('the texts of an event’s content', () => {
  test('are those that were sent, for any JSON and any white space', () => {
    const member = fc.constantFrom('details', 'before', 'after', 'action', 'x', '\u2028"\\');
    const event = fc.dictionary(member, fc.jsonValue(), { maxKeys: 6 });
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 5 }),
        fc.constantFrom(0, 1, '\t', '\r\n '),
        fc.boolean(),
        (events, space, alone) => {
          const [given] = events;
          const sent = alone && given ? given : events;
          const texts = contentTexts(JSON.stringify(sent, null, space as number));
          for (const [at, event] of [sent].flat().entries()) {
            for (const name of ['details', 'before', 'after'] as const) {
              const found = texts[at]?.[name];
              assert.equal(found === undefined, !(name in event));
              if (!found) continue;
              assert.deepEqual(JSON.parse(found.text), JSON.parse(JSON.stringify(event[name])));
              assert.equal(found.depth, depthOf(event[name]));
              assert.equal(jsonDepth(found.text), found.depth);
            }
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('are the last of members that are there twice, under whatever escapes', () => {
    const [texts] = contentTexts(String.raw`{"details":1,"\u0064etails" : [1 , "]}\"" ] ,"x":{"details":3}}`);
    assert.deepEqual(texts, { details: { text: String.raw`[1 , "]}\"" ]`, depth: 1 } });
  });

  test('are none where an element is no object', () => {
    assert.deepEqual(contentTexts('[1,{"details":2},"x",[{"details":3}],null]'), [
      {},
      { details: { text: '2', depth: 0 } },
      {},
      {},
      {},
    ]);
  });
});

describe('the nesting of a body', () => {
  test('is found before it is parsed, brackets in strings left out', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const bytes = Buffer.from(JSON.stringify(value));
        const depth = depthOf(value);
        assert.equal(nestsDeeperThan(depth, bytes), false);
        if (depth > 0) assert.equal(nestsDeeperThan(depth - 1, bytes), true);
      }),
    );
    assert.equal(nestsDeeperThan(1, Buffer.from('["\\"[[[{{"]')), false);
    assert.equal(nestsDeeperThan(128, Buffer.from('['.repeat(129))), true);
  });
});
