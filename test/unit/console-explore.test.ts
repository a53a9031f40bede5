import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parametersOf, readQuestion, timesOf, toggled } from '../../services/console/src/explore/question.js';
import { readQuery } from '../../services/console/src/router/query.js';
import { parseQuery } from '../../services/gateway/query/language/parse.js';

const nowMs = Date.parse('2026-11-21T12:00:00Z');
const ask = (search: string) => parametersOf(readQuestion(readQuery(search)), nowMs).query;

describe('the question that an address asks', () => {
  test('without a word is of the last day', () => {
    assert.deepEqual(ask(''), { from: '2026-11-20T12:00:00.000Z', q: '' });
  });

  test('keeps absolute times as they are, whatever the clock says', () => {
    const question = readQuestion(readQuery('?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&range=7d'));
    assert.deepEqual(timesOf(question.range, nowMs), { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' });
  });

  test('takes an action by its whole name, though the parameter would take a part of it', () => {
    assert.equal(ask('?action=auth.login&range=all').q, 'action:("auth.login")');
  });

  test('means any of the values of one field, and none of those left out', () => {
    const query = ask('?outcome=failure&outcome=denied&not.service=api&not.service=jobs&range=all');
    assert.deepEqual(query, { outcome: ['failure', 'denied'], q: '-service:("api" "jobs")' });
  });

  test('keeps a typed OR apart from the filters, and says where the typed text begins', () => {
    const question = readQuestion(readQuery('?q=a+OR+b&not.category=job'));
    const { query, typedAt } = parametersOf(question, nowMs);
    assert.equal(query.q, '-category:("job") (a OR b)');
    assert.equal(String(query.q).slice(typedAt, typedAt + 6), 'a OR b');
  });

  test('is one that the gateway reads, whatever the values hold', () => {
    for (const value of ['a "quoted" one', 'back\\slash', '(x) OR *', 'ümlaut 🙂']) {
      const search = `?not.actor=${encodeURIComponent(value)}&action=${encodeURIComponent(value)}&view=security&q=x`;
      assert.doesNotThrow(() => parseQuery(String(ask(search).q)), value);
    }
  });

  test('takes a filter out where it holds, and never asks for and leaves out the same value', () => {
    const { filters } = readQuestion(readQuery('?outcome=failure&not.actor=usr_1'));
    assert.deepEqual(toggled(filters, { field: 'outcome', value: 'failure', out: false }).outcome, []);
    assert.deepEqual(toggled(filters, { field: 'actor', value: 'usr_1', out: false }), {
      actor: ['usr_1'],
      'not.actor': [],
    });
  });
});
