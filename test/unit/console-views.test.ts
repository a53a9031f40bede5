import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readQuestion } from '../../services/console/src/explore/question.js';
import { differences, queryOf, stateOf } from '../../services/console/src/explore/views/view-state.js';
import { changeQuery, readQuery, writeQuery } from '../../services/console/src/router/query.js';
import { viewColumns, viewFields, viewSpans } from '../../services/core/views/vocabulary.js';
import { stateOf as storedState } from '../../services/gateway/views/state.js';

const states = (search: string) => stateOf(readQuery(search));
const full =
  '?view=security&q=action:auth.*+-ip:10.0.0.0/8&outcome=failure&outcome=denied&not.actor=usr_1&details.region=eu&range=7d&order=oldest&columns=time,ip';

describe('a view of Explore', () => {
  test('keeps what an address asks and opens the same, whatever else stood in the address', () => {
    const state = states(`${full}&event=018f&unfold=018f&live=1&facet=open`);
    const opened = queryOf(state, 'v1');
    assert.deepEqual(stateOf(opened), state);
    assert.deepEqual(readQuestion(opened), readQuestion(readQuery(full)));
    assert.deepEqual(readQuery(writeQuery(opened)), opened);
    assert.equal(writeQuery(opened).includes('018f'), false);
    assert.equal(opened.live, undefined);
  });

  test('is one that the gateway keeps as it is', () => {
    for (const search of [
      full,
      '',
      '?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00.5Z',
      '?columns=nonsense&range=x',
    ]) {
      const state = states(search);
      assert.deepEqual(storedState(structuredClone(state) as never, { nowMs: 0 }), state, search);
    }
  });

  test('keeps a stretch back from now as one, and absolute times as they are', () => {
    assert.deepEqual(states('?range=30d').time, { last: '30d' });
    assert.deepEqual(states('').time, { last: '24h' });
    assert.deepEqual(states('?from=2026-01-01T00:00:00Z').time, { from: '2026-01-01T00:00:00Z' });
    assert.deepEqual(queryOf(states(''), 'v').range, ['24h'], 'and says it, whatever the usual one becomes');
  });

  test('is the same in any order of its filters and columns, and with the usual columns said', () => {
    const same = [
      ['?outcome=failure&outcome=denied', '?outcome=denied&outcome=failure'],
      ['?columns=ip,time', '?columns=time,ip'],
      ['', '?columns=time,outcome,action,actor,target,ip,message&range=24h'],
      ['?q=a+', '?q=a'],
      ['?from=2026-01-01T00:00:00Z', '?from=2026-01-01T01:00:00.000%2B01:00'],
    ];
    for (const [one, other] of same) assert.deepEqual(differences(states(one!), states(other!)), [], `${one} ${other}`);
  });

  test('says in what it was changed', () => {
    const was = readQuery(full);
    const cases: [change: Record<string, string | string[] | undefined>, said: string[]][] = [
      [{ q: 'x' }, ['search']],
      [{ outcome: ['failure'] }, ['filters']],
      [{ outcome: ['failure'], 'not.outcome': ['denied'] }, ['filters']],
      [{ range: '1h' }, ['time']],
      [{ range: undefined, from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' }, ['time']],
      [{ order: undefined, columns: undefined }, ['order', 'columns']],
      [{ view: undefined }, ['which events']],
      [{ event: '018f', live: '1' }, []],
    ];
    for (const [change, said] of cases)
      assert.deepEqual(differences(stateOf(was), stateOf(changeQuery(was, change))), said, JSON.stringify(change));
  });

  test('has words that the gateway knows: each field is one of the query language', () => {
    for (const field of viewFields) {
      const value = { outcome: 'failure', kind: 'event', actor_type: 'user', ip: '::1' }[field as string] ?? 'x';
      const filters = [{ field, value }];
      assert.doesNotThrow(() => storedState({ filters }, { nowMs: 0 }), field);
    }
    assert.equal(new Set([...viewColumns]).size, viewColumns.length);
    assert.equal(new Set([...viewSpans]).size, viewSpans.length);
  });
});
