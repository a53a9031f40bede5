import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { boundedAlert } from '../../services/alerts/notify/alert.js';
import { cut } from '../../services/alerts/notify/text/cut.js';
import { templatesOf } from '../../services/alerts/notify/text/defaults.js';
import {
  adaptiveCard,
  html,
  oneLine,
  slack,
  verbatim,
  withoutHalfEntity,
} from '../../services/alerts/notify/text/escapes.js';
import { parseTemplate } from '../../services/alerts/notify/text/template.js';
import { someAlert } from '../support/alerting.js';

const render = (source: string, alert = someAlert(), escaped = verbatim): string => {
  const parsed = parseTemplate(source);
  assert.ok('template' in parsed, JSON.stringify(parsed));
  return parsed.template.render(alert, escaped);
};
const faultsOf = (source: string) => {
  const parsed = parseTemplate(source);
  assert.ok('faults' in parsed, 'the template was taken');
  return parsed.faults;
};

describe('a template', () => {
  test('puts values in their places, and items of lists one by one', () => {
    assert.equal(render('{{rule.title}} × {{ count }}'), 'Failed login spike × 6');
    assert.equal(render('{{#group}}{{name}}={{value}} ({{state}});{{/group}}'), 'ip=203.0.113.9 (firing);');
    const group = { ip: '1.2.3.4', 'actor.id': 'eve' };
    assert.equal(
      render('{{group.actor.id|nobody}}, {{group|all}}', someAlert({ group })),
      'eve, ip: 1.2.3.4, actor.id: eve',
    );
    const { title, body } = templatesOf({});
    assert.equal(title.render(someAlert(), verbatim), '[high] Failed login spike: firing');
    assert.match(body.render(someAlert(), verbatim), /6 events\.\nip: 203\.0\.113\.9\nFirst seen 2026/);
  });

  test('gives what stands in the place of a value that an alert does not have', () => {
    assert.equal(render('{{group.user|nobody}} {{rule.author|unknown}}'), 'nobody unknown');
    const none = someAlert({ group: {}, organization_id: '' });
    assert.equal(render('{{organization|the deployment}}, {{group|everything}}', none), 'the deployment, everything');
    assert.equal(render('{{group.__proto__|none}}{{group.constructor|none}}'), 'nonenone');
  });

  const refused: [what: string, source: string, line: number, column: number, detail: RegExp][] = [
    ['an unknown name', 'a\n  {{rule.titel}}', 2, 3, /'rule\.titel' is unknown; there are id, fingerprint/],
    ['a name of objects', '{{constructor}}', 1, 1, /'constructor' is unknown/],
    [
      'a value that may be missing',
      '🔥{{group.ip}}',
      1,
      2,
      /not every alert has 'group\.ip': .*\{\{group\.ip\|none\}\}/,
    ],
    ['an item outside of its list', '{{value}}', 1, 1, /'value' is unknown/],
    ['an unknown list', '{{#rules}}x{{/rules}}', 1, 1, /'rules' is no list; lists are group, event_ids, references/],
    ['a list that does not end', 'x {{#group}}{{name}}', 1, 3, /is not ended by \{\{\/group\}\}/],
    ['an end without beginning', '{{/group}}', 1, 1, /ends what did not begin/],
    ['lists within lists', '{{#group}}{{#references}}{{/group}}', 1, 11, /do not nest/],
    ['an open tag', 'x {{count', 1, 3, /is not closed/],
    ['a stray end', 'x }}', 1, 3, /closes nothing/],
    ['an empty tag', '{{ }}', 1, 1, /names nothing/],
    ['too much', 'x'.repeat(4_001), 1, 1, /longer than 4000/],
  ];
  for (const [what, source, line, column, detail] of refused) {
    test(`is refused for ${what}, and says where`, () => {
      const [fault] = faultsOf(source);
      assert.deepEqual([fault?.line, fault?.column], [line, column]);
      assert.match(fault!.detail, detail);
    });
  }

  test('names every fault', () => assert.equal(faultsOf('{{a}} {{b}} {{group.x}}').length, 3));
});

describe('a value', () => {
  const hostile = '<!channel> <http://evil.example|log in> & **x** [a](b)\n# head {{DATE(2017)}}';
  test('cannot call a channel or make a link in Slack', () => {
    assert.equal(slack(hostile).match(/[<>]/), null);
    assert.match(slack(hostile), /^&lt;!channel&gt; &lt;http:\/\/evil\.example\|log in&gt; &amp; /);
  });
  test('is no Markdown, no line and no function in an Adaptive Card', () => {
    const text = adaptiveCard(hostile);
    assert.ok(text.includes('\\[a\\]\\(b\\)') && text.includes('\\*\\*x\\*\\*'));
    assert.ok(!text.includes('\n') && !text.includes('{{'));
    assert.equal(adaptiveCard('- a'), '\u200b- a');
  });
  test('is no tag and no attribute in HTML', () =>
    assert.equal(html(`<b a='"'>&`), '&lt;b a=&#39;&quot;&#39;&gt;&amp;'));
  test('begins no header in a subject', () =>
    assert.equal(oneLine('a\r\nBcc: eve@example.com'), 'a Bcc: eve@example.com'));
});

describe('a text that is too long', () => {
  test('ends with a sign, within the limit, and never within a code point', () => {
    assert.equal(cut('abcdef', 6), 'abcdef');
    assert.equal(cut('abcdefg', 6), 'abcde…');
    assert.equal(cut('🔥🔥🔥🔥', 6), '🔥🔥…');
    assert.equal(cut('🔥🔥🔥🔥', 3, 'points'), '🔥🔥…');
    assert.equal(cut('🔥🔥🔥🔥', 4, 'points'), '🔥🔥🔥🔥');
    assert.equal(cut('ééééé', 7, 'bytes'), 'éé…');
    assert.equal(cut('é', 2, 'bytes'), 'é');
    assert.equal(cut('abc\ud83d', 10), 'abc\ufffd');
    assert.equal(cut('abc', 0), '');
  });
  test('keeps no half of an entity', () => {
    assert.equal(withoutHalfEntity(cut(slack('ab<<<<<'), 10)), 'ab&lt;…');
  });
  test('never is longer than said, whatever its characters', () => {
    for (let round = 0; round < 2_000; round += 1) {
      const text = Array.from({ length: round % 40 }, () => 'aé€🔥\ud83d'.charAt(Math.floor(Math.random() * 6))).join(
        '',
      );
      const most = 3 + (round % 17);
      const bytes = cut(text, most, 'bytes');
      assert.ok(Buffer.byteLength(bytes) <= most && bytes.isWellFormed(), JSON.stringify([text, most]));
      assert.ok(cut(text, most).length <= most);
      assert.ok(Array.from(cut(text, most, 'points')).length <= most);
    }
  });
});

test('an alert of any size is kept within bounds', () => {
  const alert = someAlert({
    rule: { title: '🔥'.repeat(5_000), references: Array(100).fill('x'.repeat(5_000)), author: 'y'.repeat(9_000) },
    group: Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`name${n}`, 'v'.repeat(5_000)])),
    event_ids: Array(10_000).fill('01990000-0000-7000-8000-000000000001'),
  });
  const bounded = boundedAlert(alert);
  assert.equal(bounded.event_ids.length, 100);
  assert.ok(bounded.rule.title.endsWith('🔥…') && bounded.rule.title.isWellFormed());
  assert.ok(JSON.stringify(bounded).length < 100_000);
  assert.deepEqual(boundedAlert(someAlert({ id: 'a' })), someAlert({ id: 'a' }));
});
