import assert from 'node:assert/strict';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { describe, test } from 'node:test';
import { mailOf } from '../../services/alerts/notify/channels/email.js';
import type { Message } from '../../services/alerts/notify/channels/kind.js';
import { pagerdutyBody } from '../../services/alerts/notify/channels/pagerduty.js';
import { slackBody } from '../../services/alerts/notify/channels/slack.js';
import { teamsBody } from '../../services/alerts/notify/channels/teams.js';
import { signatureHeaders, webhookBody } from '../../services/alerts/notify/channels/webhook.js';
import { templatesOf } from '../../services/alerts/notify/text/defaults.js';
import { someAlert } from '../support/alerting.js';

const templates = templatesOf({});
const hostile = '<!channel> [a](https://evil.example) **x** 🔥';
const messageOf = (alerts = [someAlert()], more = 0, test = false): Message => ({
  deliveryId: 'd-1',
  alerts,
  more,
  test,
});
const huge = () =>
  someAlert({
    rule: { title: '🔥&'.repeat(600), references: Array(16).fill(`https://example.com/${'x'.repeat(1_900)}`) },
    group: Object.fromEntries(Array.from({ length: 32 }, (_, n) => [`n${n}`, '<&🔥'.repeat(250)])),
    event_ids: Array(100).fill('01990000-0000-7000-8000-000000000001'),
  });
const many = () =>
  Array.from({ length: 20 }, (_, n) =>
    someAlert({ group: { ip: `203.0.113.${n}` }, rule: { level: n === 7 ? 'critical' : 'low' } }),
  );
const wellFormed = (json: string): boolean => json.isWellFormed() && !json.includes('\\ud');

describe('a message in Slack', () => {
  test('has a header, a text, and a link to the alert', () => {
    const body = JSON.parse(slackBody(messageOf(), templates));
    assert.equal(body.text, '[high] Failed login spike: firing');
    assert.deepEqual(body.blocks[0].text, {
      type: 'plain_text',
      text: '[high] Failed login spike: firing',
      emoji: false,
    });
    assert.match(body.blocks[1].text.text, /^Failed login spike \(high\) is firing, 6 events\.\nip: 203\.0\.113\.9\n/);
    assert.equal(body.blocks[1].text.verbatim, true);
    assert.match(
      body.blocks[2].elements[0].text,
      /^<https:\/\/audit\.example\.com\/alerts\/1\|Open the alert> · rule failed-login-spike · delivery d-1$/,
    );
  });
  test('lets no value call anybody or make a link', () => {
    const body = slackBody(messageOf([someAlert({ group: { user: hostile }, rule: { title: hostile } })]), templates);
    const { blocks, text } = JSON.parse(body);
    assert.ok(!text.includes('<') && !blocks[1].text.text.includes('<'));
  });
  test('stays within what Slack takes, however large the alert', () => {
    for (const message of [messageOf([huge()]), messageOf(Array(20).fill(huge()), 900)]) {
      const json = slackBody(message, templates);
      const { text, blocks } = JSON.parse(json);
      assert.ok(text.length <= 4_000 && blocks[0].text.text.length <= 150 && blocks[1].text.text.length <= 3_000);
      assert.ok(blocks[2].elements[0].text.length <= 2_000 && wellFormed(json));
    }
  });
  test('tells of many by their titles, the worst level, and how many more there are', () => {
    const { blocks } = JSON.parse(slackBody(messageOf(many(), 480), templates));
    assert.equal(blocks[0].text.text, '500 alerts, the worst critical');
    const lines = blocks[1].text.text.split('\n');
    assert.equal(lines[0], '• <https://audit.example.com/alerts/1|[low] Failed login spike: firing>');
    assert.equal(lines.at(-1), 'and 480 more');
    assert.equal(lines.length, 21);
  });
  test('counts lines that do not fit among those that are left out', () => {
    const alerts = Array.from({ length: 20 }, () => someAlert({ rule: { title: 'x'.repeat(400) } }));
    const lines = JSON.parse(slackBody(messageOf(alerts, 5), templates)).blocks[1].text.text.split('\n');
    assert.equal(lines.at(-1), `and ${25 - (lines.length - 1)} more`);
  });
});

describe('a card in Teams', () => {
  test('is an Adaptive Card in an attachment', () => {
    const { type, attachments } = JSON.parse(teamsBody(messageOf(), templates));
    assert.equal(type, 'message');
    assert.equal(attachments[0].contentType, 'application/vnd.microsoft.card.adaptive');
    const { content } = attachments[0];
    assert.deepEqual([content.type, content.version], ['AdaptiveCard', '1.4']);
    assert.deepEqual([content.body[0].text, content.body[0].color], ['[high] Failed login spike: firing', 'attention']);
    assert.deepEqual(content.actions, [
      { type: 'Action.OpenUrl', title: 'Open the alert', url: 'https://audit.example.com/alerts/1' },
    ]);
  });
  test('lets no value make a link', () => {
    const json = teamsBody(messageOf([someAlert({ group: { user: hostile } })]), templates);
    assert.ok(JSON.parse(json).attachments[0].content.body[1].text.includes('\\[a\\]\\(https'));
  });
  test('stays below 28 KB', () => {
    for (const message of [messageOf([huge()]), messageOf(Array(20).fill(huge()), 1)]) {
      const json = teamsBody(message, templates);
      assert.ok(Buffer.byteLength(json) <= 28_000 && wellFormed(json), String(Buffer.byteLength(json)));
    }
  });
  test('has no button where the link is no address of a page', () => {
    const json = teamsBody(messageOf([someAlert({ link: 'javascript:alert(1)' })]), templates);
    assert.deepEqual(JSON.parse(json).attachments[0].content.actions, []);
  });
});

describe('an event for PagerDuty', () => {
  const event = (change: Parameters<typeof someAlert>[0] = {}) =>
    JSON.parse(pagerdutyBody(someAlert(change), messageOf(), 'k'.repeat(32), templates));
  test('triggers an incident of the fingerprint', () => {
    const { payload, ...head } = event();
    assert.deepEqual(
      [head.event_action, head.dedup_key, head.routing_key],
      ['trigger', someAlert().fingerprint, 'k'.repeat(32)],
    );
    assert.deepEqual(
      [payload.summary, payload.source, payload.severity],
      ['[high] Failed login spike: firing', '203.0.113.9', 'error'],
    );
    assert.equal(payload.custom_details.count, 6);
    assert.equal(head.links[0].href, 'https://audit.example.com/alerts/1');
  });
  test('acknowledges and resolves the same incident', () => {
    assert.deepEqual(event({ state: 'acknowledged' }), {
      routing_key: 'k'.repeat(32),
      event_action: 'acknowledge',
      dedup_key: someAlert().fingerprint,
    });
    assert.equal(event({ state: 'resolved' }).event_action, 'resolve');
  });
  test('stays within what PagerDuty takes', () => {
    const json = pagerdutyBody(huge(), messageOf(), 'k'.repeat(32), templates);
    const { payload } = JSON.parse(json);
    assert.ok(Array.from(payload.summary).length <= 1_024 && payload.source.length <= 255);
    assert.ok(Buffer.byteLength(json) <= 512_000 && wellFormed(json));
  });
});

describe('a webhook', () => {
  test('carries whole alerts and a signature that the receiver can check', () => {
    const message = messageOf([someAlert(), someAlert({ state: 'resolved' })]);
    const body = webhookBody(message, templates);
    const { alerts, ...rest } = JSON.parse(body);
    assert.deepEqual(alerts, message.alerts);
    assert.deepEqual(
      [rest.version, rest.delivery_id, rest.test, rest.more, rest.title],
      [1, 'd-1', false, 0, '2 alerts, the worst high'],
    );
    const headers = signatureHeaders({ message, secret: 's'.repeat(16), body, nowMs: 1_763_632_800_999 });
    assert.equal(headers['sealstream-timestamp'], '1763632800');
    const expected = createHmac('sha256', 's'.repeat(16)).update(`1763632800.${body}`).digest();
    assert.ok(timingSafeEqual(expected, Buffer.from(headers['sealstream-signature']!.slice('v1='.length), 'hex')));
  });
});

describe('a mail', () => {
  test('has a subject of one line, text and HTML, and an id that stays', () => {
    const mail = mailOf(
      messageOf([someAlert({ rule: { title: 'a\r\nBcc: eve@example.com <b>' } })]),
      templates,
      'alerts@example.com',
    );
    assert.equal(mail.subject, '[high] a Bcc: eve@example.com <b>: firing');
    assert.ok(mail.html.includes('&lt;b&gt;') && !mail.html.includes('<b>'));
    assert.equal(mail.messageId, '<d-1@example.com>');
    assert.deepEqual(mail.references, [`<${someAlert().fingerprint}@example.com>`]);
    assert.match(mail.text, /https:\/\/audit\.example\.com\/alerts\/1\n\nDelivery d-1$/);
  });
  test('of a test says so', () => {
    assert.match(mailOf(messageOf([someAlert()], 0, true), templates, 'a@example.com').subject, /^Test: /);
  });
});
