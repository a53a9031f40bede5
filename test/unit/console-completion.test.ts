import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { atCaret, complete, fieldSuggestions, valueWords } from '../../services/console/src/explore/completion.js';
import { fieldHints } from '../../services/console/src/explore/completion-fields.js';
import { fields } from '../../services/gateway/query/language/fields.js';
import { parseQuery } from '../../services/gateway/query/language/parse.js';

/** The caret is where the bar stands. */
const at = (marked: string) => atCaret(marked.replace('|', ''), marked.indexOf('|'));
const placed = (marked: string) => {
  const found = at(marked);
  return found && [found.field, found.typed, marked.replace('|', '').slice(found.start, found.end)];
};
const completed = (marked: string, text: string): string => {
  const done = complete(marked.replace('|', ''), at(marked)!, { text, label: text });
  return `${done.text.slice(0, done.caret)}|${done.text.slice(done.caret)}`;
};

describe('what stands at the caret', () => {
  test('is a field where a term begins', () => {
    assert.deepEqual(placed('|'), [undefined, '', '']);
    assert.deepEqual(placed('outcome:failure act|'), [undefined, 'act', 'act']);
    assert.deepEqual(placed('-act|'), [undefined, 'act', 'act']);
    assert.deepEqual(placed('(a OR ser|)'), [undefined, 'ser', 'ser']);
    assert.deepEqual(placed('actor.n|'), [undefined, 'actor.n', 'actor.n']);
  });

  test('is a value behind a field, in quotes and in a group as well', () => {
    assert.deepEqual(placed('action:auth.l|'), ['action', 'auth.l', 'auth.l']);
    assert.deepEqual(placed('-outcome:|'), ['outcome', '', '']);
    assert.deepEqual(placed('actor:"Ada \\"Ex|'), ['actor', 'Ada "Ex', '"Ada \\"Ex']);
    assert.deepEqual(placed('category:(auth ses|)'), ['category', 'ses', 'ses']);
    assert.deepEqual(placed('ip:2001:db8|'), ['ip', '2001:db8', '2001:db8']);
  });

  test('is all of the word, also where the caret is in its middle', () => {
    assert.deepEqual(placed('act|ion:x'), [undefined, 'act', 'action:']);
    assert.deepEqual(placed('service:a|pi x'), ['service', 'a', 'api']);
    assert.deepEqual(placed('reason:"a|b" x'), ['reason', 'a', '"ab"']);
  });

  test('is nothing to complete within a phrase, behind a closed quote, in a comparison or a pattern', () => {
    for (const marked of ['"exact act|', 'action:"auth.login"|', 'details.n:>5|', 'action:auth.*|'])
      assert.equal(at(marked), undefined, marked);
  });
});

describe('a suggestion that is taken', () => {
  test('takes the place of the word, and the caret goes behind it', () => {
    assert.equal(completed('ou| x', 'outcome:'), 'outcome:| x');
    assert.equal(completed('act|ion:x', 'actor:'), 'actor:|x');
    assert.equal(completed('outcome:fa|', 'failure'), 'outcome:failure |');
    assert.equal(completed('category:(auth ses|', 'session'), 'category:(auth session|');
    assert.equal(completed('actor:"Ad|" x', '"Ada"'), 'actor:"Ada"| x');
  });

  test('is one that the gateway reads, whatever the value holds', () => {
    for (const value of ['a "quoted" one', 'back\\slash', '(x) OR *', '2001:db8::1', 'ümlaut 🙂', '-x', 'auth.login'])
      for (const field of ['action', 'actor'])
        assert.doesNotThrow(() => parseQuery(`${field}:(${valueWords(field, value)} b) x`), value);
  });
});

describe('fields', () => {
  test('that begin with what is typed come before those that hold it, by any of their names', () => {
    const names = fieldSuggestions('act').map(({ label }) => label);
    assert.equal(names[0], 'action:');
    assert.ok(names.includes('actor.email:'));
    assert.deepEqual(
      fieldSuggestions('resource_t').map(({ label }) => label),
      ['target.type:'],
    );
  });

  test('are those of the query language, all of them', () => {
    const offered = new Set(fieldHints.flatMap(({ name, also }) => [name, ...(also ?? [])]));
    const missing = [...fields.keys()].filter((name) => !offered.has(name));
    assert.deepEqual(missing, []);
    const beside = ['time', 'details.', 'before.', 'after.'];
    const unknown = [...offered].filter((name) => !fields.has(name) && !beside.includes(name));
    assert.deepEqual(unknown, []);
  });
});
