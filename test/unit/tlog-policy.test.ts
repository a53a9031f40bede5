import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  createNoteKey,
  evaluatePolicy,
  formatVkey,
  type NoteKey,
  parsePolicy,
  TlogError,
  thresholdPolicy,
} from '../../services/core/tlog/index.js';
import { sha256 } from '../../services/core/tlog/node.js';
import { makeNoteSigner } from '../support/note-keys.js';

const log = makeNoteSigner('log.example.com').key;
const [x1, x2, x3, y1, y2] = ['x1', 'x2', 'x3', 'y1', 'y2'].map(
  (name) => makeNoteSigner(`${name}.example.org`, 0x04).key,
) as [NoteKey, NoteKey, NoteKey, NoteKey, NoteKey];
const v = formatVkey;
const read = (policy: string): ReturnType<typeof parsePolicy> => parsePolicy({ sha256, policy });
const isSatisfied = (policy: string, ...cosigners: NoteKey[]): boolean =>
  evaluatePolicy(read(policy), cosigners).isSatisfied;
const isBadPolicy = (error: unknown): boolean => error instanceof TlogError && error.code === 'bad_policy';

const twoLevels = `
# The example of C2SP tlog-policy
log ${v(log)}

witness X1 ${v(x1)}
witness X2 ${v(x2)} https://x2.example.org/submit
witness X3 ${v(x3)}
group X-witnesses 2 X1 X2 X3

witness Y1 ${v(y1)}
 \twitness\tY2   ${v(y2)}\t
group Y-witnesses any Y1 Y2

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
`;

describe('k of n', () => {
  test('is satisfied by k witnesses, whichever, and by no fewer', () => {
    const policy = thresholdPolicy({ k: 2, witnesses: [x1, x2, x3] });
    assert.deepEqual(evaluatePolicy(policy, [x3, x1]), {
      isSatisfied: true,
      cosigned: [x1.name, x3.name],
      missing: [x2.name],
    });
    assert.equal(evaluatePolicy(policy, [x2]).isSatisfied, false);
    assert.equal(evaluatePolicy(policy, []).isSatisfied, false);
    assert.equal(evaluatePolicy(thresholdPolicy({ k: 0, witnesses: [x1] }), []).isSatisfied, true);
  });

  test('counts no witness twice and nobody else: neither strangers nor the log itself', () => {
    const policy = thresholdPolicy({ k: 2, witnesses: [x1, x2, x3] });
    assert.equal(evaluatePolicy(policy, [x1, x1, { ...x1, name: 'another' }, y1, log]).isSatisfied, false);
    const asLogKey = createNoteKey({ sha256, name: x2.name, publicKey: x2.publicKey });
    assert.equal(evaluatePolicy(policy, [x1, asLogKey]).isSatisfied, false);
  });

  test('that cannot be is refused: too many, a fraction, a key listed twice, a key that cannot cosign', () => {
    for (const [k, witnesses] of [
      [3, [x1, x2]],
      [-1, [x1]],
      [0.5, [x1]],
      [1, [x1, x1]],
      [1, [x1, { ...x1, name: 'another' }]],
      [1, [log]],
    ] as const) {
      assert.throws(() => thresholdPolicy({ k, witnesses: [...witnesses] }), isBadPolicy);
    }
  });
});

describe('policy files (C2SP tlog-policy)', () => {
  test('the example of the specification: two of X and one of Y', () => {
    const policy = read(twoLevels);
    assert.deepEqual(policy.logs, [{ key: log, url: undefined }]);
    assert.equal(policy.witnesses[1]!.url, 'https://x2.example.org/submit');
    assert.equal(isSatisfied(twoLevels, x1, x3, y2), true);
    assert.equal(isSatisfied(twoLevels, x1, x2, x3), false);
    assert.equal(isSatisfied(twoLevels, x1, y1, y2), false);
    assert.equal(isSatisfied(twoLevels), false);
    assert.deepEqual(evaluatePolicy(policy, [x1]).missing, ['X2', 'X3', 'Y1', 'Y2']);
  });

  test('a single witness, or none', () => {
    assert.equal(isSatisfied(`witness W ${v(x1)}\nquorum W\n`, x1), true);
    assert.equal(isSatisfied(`witness W ${v(x1)}\nquorum W\n`, x2), false);
    assert.equal(isSatisfied('quorum none\n'), true);
    assert.equal(isSatisfied('  # nothing else\n\nquorum none'), true);
  });

  test('that contradict themselves or the specification are refused, naming the line', () => {
    const w = (name: string, key: NoteKey): string => `witness ${name} ${v(key)}\n`;
    for (const bad of [
      '',
      w('A', x1),
      'quorum A\n',
      'quorum none\nquorum none\n',
      'quorum\n',
      'quorum none none\n',
      `quorum A\n${w('A', x1)}`,
      `${w('A', x1)}${w('A', x2)}quorum A\n`,
      `${w('A', x1)}${w('B', x1)}quorum A\n`,
      `${w('none', x1)}quorum none\n`,
      `${w('A', log)}quorum A\n`,
      `log ${v(x1)}\nquorum none\n`,
      `log ${v(log)}\nlog ${v(log)}\nquorum none\n`,
      `log ${v(log)} url more\nquorum none\n`,
      'witness A nokey\nquorum A\n',
      'witness A\nquorum none\n',
      `${w('A', x1)}group G 0 A\nquorum G\n`,
      `${w('A', x1)}group G 2 A\nquorum G\n`,
      `${w('A', x1)}group G 01 A\nquorum G\n`,
      `${w('A', x1)}group G some A\nquorum G\n`,
      `${w('A', x1)}group G any\nquorum A\n`,
      `${w('A', x1)}group G any A A\nquorum G\n`,
      `${w('A', x1)}group G any A\ngroup H any A\nquorum G\n`,
      `${w('A', x1)}group A any A\nquorum A\n`,
      `${w('A', x1)}group G any G\nquorum G\n`,
      `${w('A', x1)}group G any none\nquorum G\n`,
      `${w('A', x1)}group none any A\nquorum none\n`,
      'quorums none\n',
      'quorum none\r\n',
      'quorum none\u0000\n',
      'quorum\u00a0none\n',
      `# ${'x'.repeat(1_048_577)}\nquorum none\n`,
    ]) {
      assert.throws(() => read(bad), isBadPolicy, JSON.stringify(bad.slice(0, 300)));
    }
    assert.throws(() => parsePolicy({ sha256, policy: Buffer.from([0xff, 0x0a]) }), isBadPolicy);
    assert.throws(() => read('# first\nwitness A nokey\nquorum A\n'), /line 2/);
  });
});
