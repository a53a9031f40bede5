import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  createDetailsChecker,
  type JsonSchema,
  mostFaults,
  readDetailsSchema,
  SchemaFault,
  schemaLimits,
} from '../../services/core/catalogue/index.js';

const fault = (schema: unknown): { pointer: string; message: string } => {
  try {
    createDetailsChecker().checkSchema(readDetailsSchema(schema));
  } catch (error) {
    assert.ok(error instanceof SchemaFault, String(error));
    return { pointer: error.pointer, message: error.message };
  }
  throw new assert.AssertionError({ message: `${JSON.stringify(schema).slice(0, 200)} was taken` });
};

describe('a schema of details', () => {
  test('may be what draft 2020-12 says', () => {
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'An order',
      type: 'object',
      required: ['amount'],
      properties: {
        amount: { type: 'number', exclusiveMinimum: 0, examples: [12.5] },
        lines: { type: 'array', maxItems: 10, items: { $ref: '#/$defs/line' } },
        pair: { prefixItems: [{ type: 'string' }, { type: 'integer' }], items: false },
      },
      if: { required: ['kind'], properties: { kind: { const: 'gift' } } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { required: ['from'] },
      dependentRequired: { coupon: ['campaign'] },
      unevaluatedProperties: true,
      $defs: { line: { type: 'object', properties: { sku: { type: 'string', maxLength: 8 } } } },
    };
    assert.equal(readDetailsSchema(schema), schema);
    createDetailsChecker().checkSchema(schema);
    const { faults } = createDetailsChecker();
    assert.deepEqual(faults(schema, { amount: 3, lines: [{ sku: 'a' }], pair: ['a', 1] }), []);
    assert.deepEqual(
      faults(schema, { amount: 0, lines: [{ sku: 'much too long' }], pair: ['a', 1, 2], coupon: 'x' })
        .map(({ pointer }) => pointer)
        .sort(),
      ['/details/amount', '/details/campaign', '/details/lines/0/sku', '/details/pair'],
    );
    assert.equal(readDetailsSchema(true), true);
  });

  test('has no regular expressions, which some texts would keep busy for ever', () => {
    assert.deepEqual(fault({ properties: { a: { pattern: '(a+)+$' } } }).pointer, '/properties/a/pattern');
    assert.deepEqual(fault({ patternProperties: { '(a+)+$': true } }).pointer, '/patternProperties');
  });

  test('does not compare all items with each other', () => {
    assert.equal(fault({ type: 'array', uniqueItems: true }).pointer, '/uniqueItems');
  });

  test('refers to its own definitions only, and not in a circle', () => {
    for (const reference of ['https://example.org/schema', '#', '#/properties/a', 'other.json', '#anchor', 7]) {
      assert.equal(fault({ properties: { a: { $ref: reference } } }).pointer, '/properties/a/$ref');
    }
    assert.match(fault({ $ref: '#/$defs/nothing' }).message, /not there/);
    assert.match(fault({ $ref: '#/$defs/__proto__', $defs: {} }).message, /not there/);
    const circle = {
      $ref: '#/$defs/a',
      $defs: { a: { items: { $ref: '#/$defs/b' } }, b: { not: { $ref: '#/$defs/a' } } },
    };
    assert.match(fault(circle).message, /circle/);
    assert.match(fault({ $defs: { a: { $ref: '#/$defs/a' } } }).message, /circle/, 'even where nothing uses it');
    for (const keyword of ['$id', '$anchor', '$dynamicRef', '$dynamicAnchor']) {
      assert.equal(fault({ [keyword]: 'x' }).pointer, `/${keyword}`);
    }
  });

  test('does not multiply by references: they count as what they refer to', () => {
    const doubling = {
      $ref: '#/$defs/d0',
      $defs: Object.fromEntries(
        Array.from({ length: 12 }, (_, n) => [
          `d${n}`,
          n === 11 ? { type: 'string' } : { allOf: [{ $ref: `#/$defs/d${n + 1}` }, { $ref: `#/$defs/d${n + 1}` }] },
        ]),
      ),
    };
    assert.match(fault(doubling).message, /one schema too many|nested deeper/);
    assert.match(fault({ allOf: Array(schemaLimits.nodes).fill(true) }).message, /one schema too many/);
  });

  test('has bounds in size and depth', () => {
    assert.match(fault({ description: 'x'.repeat(schemaLimits.bytes) }).message, /at most 8192/);
    let deep: JsonSchema = true;
    for (let level = 0; level <= schemaLimits.depth; level += 1) deep = { not: deep };
    assert.match(fault(deep).message, /nested deeper/);
  });

  test('is refused where it is none, and says where', () => {
    assert.equal(fault('object').pointer, '');
    assert.equal(fault(null).pointer, '');
    assert.equal(fault([]).pointer, '');
    assert.equal(fault({ properties: { a: 'string' } }).pointer, '/properties/a');
    assert.equal(fault({ properties: [] }).pointer, '/properties');
    assert.equal(fault({ allOf: {} }).pointer, '/allOf');
    assert.equal(fault({ propertys: {} }).pointer, '/propertys');
    assert.equal(fault({ properties: { 'a/b': { typo: 1 } } }).pointer, '/properties/a~1b/typo');
    assert.equal(fault({ $schema: 'http://json-schema.org/draft-07/schema#' }).pointer, '/$schema');
    assert.equal(fault({ type: 'text' }).pointer, '/type');
    assert.equal(fault({ properties: { a: { maxLength: -1 } } }).pointer, '/properties/a/maxLength');
    assert.equal(fault({ properties: { a: { $defs: {} } } }).pointer, '/properties/a/$defs');
    assert.equal(fault(JSON.parse('{"__proto__": {"pattern": "x"}}')).pointer, '/__proto__');
  });
});

describe('a check of details', () => {
  const { faults } = createDetailsChecker();

  test('names each place and what it should be', () => {
    const schema = {
      type: 'object',
      required: ['who'],
      properties: { how: { enum: ['card', 'cash'] }, much: { type: 'number' }, 'a/b': { const: 7 } },
      additionalProperties: false,
    };
    assert.deepEqual(
      faults(schema, { how: 'air', much: '3', 'a/b': 8, more: 1 }).sort((a, b) => (a.pointer < b.pointer ? -1 : 1)),
      [
        { pointer: '/details/a~1b', detail: 'must be 7' },
        { pointer: '/details/how', detail: 'must be one of card, cash' },
        { pointer: '/details/more', detail: 'is not known here' },
        { pointer: '/details/much', detail: 'must be number' },
        { pointer: '/details/who', detail: 'is required' },
      ],
    );
    assert.deepEqual(faults(schema, undefined), [{ pointer: '/details/who', detail: 'is required' }]);
  });

  test('names a few places at most, however many there are', () => {
    const schema = { items: { type: 'string' } };
    assert.equal(faults(schema, Array(100).fill(1)).length, mostFaults);
    assert.equal(faults(schema, Array(100_000).fill(1)).length, 1, 'of large details the first only');
  });

  test('sees members that only look inherited', () => {
    assert.deepEqual(faults({ required: ['toString'] }, {}), [{ pointer: '/details/toString', detail: 'is required' }]);
    const hostile = JSON.parse('{"__proto__": 1, "constructor": {"prototype": {}}}');
    assert.equal(faults({ additionalProperties: { type: 'string' } }, hostile).length, 2);
    assert.deepEqual(faults({ properties: { toString: { type: 'number' } } }, {}), []);
  });

  test('is fast once it knows the schema: the check of small details takes microseconds', () => {
    const schema = { type: 'object', properties: { rows: { type: 'integer' }, format: { enum: ['csv', 'json'] } } };
    const details = { rows: 17, format: 'csv' };
    faults(schema, details);
    const began = performance.now();
    for (let n = 0; n < 100_000; n += 1) faults(schema, details);
    const tookMs = performance.now() - began;
    assert.ok(tookMs < 1_000, `100,000 checks took ${tookMs} ms`);
  });

  test('stays fast with the most that a schema may hold over the most that details may hold', () => {
    const schema = readDetailsSchema({
      items: {
        allOf: Array(schemaLimits.nodes - 2)
          .fill({})
          .map(() => ({ type: 'integer' })),
      },
    });
    const began = performance.now();
    assert.deepEqual(faults(schema, Array(100_000).fill(1)), []);
    assert.equal(faults(schema, Array(100_000).fill(1.5)).length, 1);
    const tookMs = performance.now() - began;
    assert.ok(tookMs < 5_000, `took ${tookMs} ms`);
  });
});
