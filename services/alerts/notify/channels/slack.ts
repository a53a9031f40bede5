import { type Static, Type } from 'typebox';
import { cut } from '../text/cut.js';
import type { Templates } from '../text/defaults.js';
import { slack as escaped, oneLine, withoutHalfEntity } from '../text/escapes.js';
import type { ChannelKind, Message } from './kind.js';
import { Url, urlFaults } from './settings.js';
import { linkOf, tell } from './telling.js';

/** Block Kit's limits, in characters. */
const limits = { header: 150, section: 3_000, context: 2_000, fallback: 4_000 };

const Settings = Type.Object(
  { url: Url('the incoming webhook that Slack made; a secret') },
  { additionalProperties: false, title: 'SlackSettings' },
);
type Settings = Static<typeof Settings>;

/** An incoming webhook of Slack, or of what takes its messages. Answers 200 with `ok`. */
export const slackKind: ChannelKind<Settings> = {
  schema: Settings,
  secrets: ['url'],
  grouping: { listed: 20, counts: true },
  faults: ({ url }, guard) => urlFaults('/url', url, guard),
  destination: () => '',
  confidential: ({ url }) => [url],
  async send(message, { url }, { post, signal, templates }) {
    const headers = { 'content-type': 'application/json' };
    return post({ url: new URL(url), headers, body: slackBody(message, templates), signal });
  },
};

export function slackBody(message: Message, templates: Templates): string {
  const asLink = (text: string, link: string): string =>
    link === '' ? text : `<${escaped(link)}|${text.replaceAll('|', '¦')}>`;
  const marked = tell(message, templates, { escaped, asLink, mostLength: limits.section, tidied: withoutHalfEntity });
  // A header block is plain text, in which nothing is escaped and nothing has a meaning.
  const plain = tell(message, templates, { escaped: oneLine, asLink: (text) => text, mostLength: limits.fallback });
  const [first] = message.alerts;
  const link = message.alerts.length === 1 ? linkOf(first?.link ?? '') : '';
  const small = [
    ...(link === '' || link.length > 1_000 ? [] : [`<${escaped(link)}|Open the alert>`]),
    ...(first && message.alerts.length === 1 ? [`rule ${escaped(cut(first.rule.id, 200))}`] : []),
    `delivery ${message.deliveryId}`,
  ].join(' · ');
  const mrkdwn = (text: string) => ({ type: 'mrkdwn', text, verbatim: true });
  return JSON.stringify({
    text: withoutHalfEntity(cut(escaped(plain.title), limits.fallback)),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: cut(plain.title, limits.header), emoji: false } },
      { type: 'section', text: mrkdwn(marked.body || '–') },
      { type: 'context', elements: [mrkdwn(cut(small, limits.context))] },
    ],
  });
}
