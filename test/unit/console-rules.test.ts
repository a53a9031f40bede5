import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseRuleSet } from '../../services/alerts/rules/index.js';
import { itemsOf, settingsFrom, typedOf } from '../../services/console/src/alerts/channels/kinds.js';
import { lineOf, runBacktest } from '../../services/console/src/alerts/rules/backtest-run.js';
import { diffLines } from '../../services/console/src/alerts/rules/diff.js';
import { piecesOf } from '../../services/console/src/alerts/rules/highlight.js';
import { newSigma, newSimple, readSimple, writeSimple } from '../../services/console/src/alerts/rules/simple.js';
import { readTelling } from '../../services/console/src/alerts/rules/told.js';
import { readMatcher } from '../../services/console/src/alerts/silences/matchers.js';
import { createApi } from '../../services/console/src/api/call.js';

const api = (answer: () => Response) =>
  createApi({
    fetch: async () => answer(),
    csrfToken: () => undefined,
    organization: () => undefined,
    onUnauthenticated: () => {},
    onReachable: () => {},
  });

describe('the form of a rule', () => {
  test('gives back what it read, and keeps what it does not show', () => {
    const rule = {
      name: 'N',
      level: 'high',
      filter: { action: ['auth.failed', 'auth.denied'], 'details.amount|gt': 1000 },
      condition: { count: '>= 3', window: '5m', groupBy: 'ip', distinct: 'user' },
      actions: ['email'],
    };
    const read = readSimple(JSON.stringify(rule));
    assert.deepEqual(JSON.parse(writeSimple(read!)), rule);
  });

  test('is not offered for a text that it could not give back', () => {
    for (const text of [
      newSigma,
      '[]',
      '{"name": "N"}',
      '{"name": "N", "filter": {"action": {"x": 1}}}',
      '{"name": "N", "filter": {"message": "one, two"}}',
      '{"name": "N", "filter": {"action": "a"}, "condition": "count > 5"}',
      '{"name": "N", "filter": {"action": "a"}, "level": "shrill"}',
    ]) {
      assert.equal(readSimple(text), undefined, text);
    }
  });

  test('what a new rule begins with can be run, in both forms', () => {
    for (const text of [newSigma, writeSimple(newSimple)]) {
      const { faults, rules } = parseRuleSet([{ source: 'new', text }]);
      assert.deepEqual([faults, rules.filter(({ alerts }) => alerts).length], [[], 1]);
    }
  });
});

test('the pieces of a line are the line, whatever it holds', () => {
  for (const line of [
    'title: Many # of them',
    '  selection: {action: "auth.failed", \'ip|cidr\': 10.0.0.0/8} # ours',
    '{"name": "a \\" b", "n": 1}',
    "it's # not",
    '"never closed',
    '',
  ]) {
    assert.equal(
      piecesOf(line)
        .map(({ text }) => text)
        .join(''),
      line,
    );
  }
  assert.deepEqual(
    piecesOf('"name": x # why').map(({ kind }) => kind),
    ['key', 'plain', 'comment'],
  );
  assert.ok(piecesOf("name: somebody's own").every(({ kind }) => kind !== 'text'));
});

test('a difference tells which lines went and came, and nothing else', () => {
  const lines = diffLines('a\nb\nc\nd', 'a\nc\nx\nd');
  assert.deepEqual(
    lines.map(({ kind, text }) => `${kind[0]}${text}`),
    ['sa', 'rb', 'sc', 'ax', 'sd'],
  );
  const after = lines.filter(({ kind }) => kind !== 'removed').map(({ text }) => text);
  assert.equal(after.join('\n'), 'a\nc\nx\nd');
  assert.deepEqual(diffLines('same', 'same'), [{ kind: 'same', text: 'same' }]);
});

test('matchers in links are read as the command line writes them', () => {
  assert.deepEqual(readMatcher('ip~198.51.100.*'), { name: 'ip', comparison: 'glob', value: '198.51.100.*' });
  assert.deepEqual(readMatcher('level!=low'), { name: 'level', comparison: 'not_equal', value: 'low' });
  assert.deepEqual(readMatcher('account=a=b~c'), { name: 'account', comparison: 'equal', value: 'a=b~c' });
  assert.equal(readMatcher('nothing'), undefined);
});

describe('a channel said anew', () => {
  test('leaves secrets out that were not typed, so that they stay, and takes away only what was marked', () => {
    const typed = typedOf({
      kind: 'email',
      settings: { host: 'smtp.example', port: 25, from: 'a@b', to: ['c@d', 'e@f'] },
    });
    assert.deepEqual(settingsFrom('email', typed), {
      host: 'smtp.example',
      port: 25,
      from: 'a@b',
      to: ['c@d', 'e@f'],
    });
    assert.equal(settingsFrom('email', typed, new Set(['password'])).password, null);
    assert.equal(settingsFrom('email', { ...typed, password: 'new' }).password, 'new');
  });

  test('takes headers a line each', () => {
    const { headers } = settingsFrom('webhook', { headers: 'Authorization: Bearer a:b\n\n X-Team : soc ' });
    assert.deepEqual(headers, { Authorization: 'Bearer a:b', 'X-Team': 'soc' });
    assert.deepEqual(itemsOf(' a, ,b '), ['a', 'b']);
  });
});

describe('a backtest in the browser', () => {
  const asked = { text: 't', id: undefined, from: 'f', to: undefined, against: false, late: false };
  const signal = new AbortController().signal;
  const lines = (...said: string[]) => new Response(new Blob(said).stream());

  test('tells how far it is and ends with the result, however the lines are cut', async () => {
    const told: number[] = [];
    const answer = () =>
      lines('{"progress":{"done":0.2', '5}}\n{"progress":{"done":0.5}}\n{"resu', 'lt":{"hits_total":3}}\n');
    const result = await runBacktest(api(answer), asked, { signal, onProgress: (done) => told.push(done) });
    assert.deepEqual([result.hits_total, told], [3, [0.25, 0.5]]);
  });

  test('rejects with what went wrong, also where the gateway ends without a result', async () => {
    const problem = '{"problem":{"type":"urn:sealstream:problem:overloaded","title":"t","detail":"two run already"}}\n';
    const run = (answer: () => Response) => runBacktest(api(answer), asked, { signal, onProgress: () => {} });
    await assert.rejects(
      run(() => lines(problem)),
      { message: 'two run already', kind: 'overloaded' },
    );
    await assert.rejects(
      run(() => lines('{"progress":{"done":0.5}}\n')),
      /before the backtest was done/,
    );
    assert.deepEqual(lineOf('{}'), {});
  });
});

test('whom a rule tells is remembered with its text, and what cannot be read is nothing', () => {
  const telling = { channels: ['email', 'soc'], repeat_seconds: 3_600 };
  assert.deepEqual(readTelling(JSON.stringify(telling)), telling);
  for (const text of [undefined, '', 'null', '{"channels":"email","repeat_seconds":0}', '{"channels":[]}']) {
    assert.equal(readTelling(text), undefined, text);
  }
});
