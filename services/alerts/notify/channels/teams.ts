import { type Static, Type } from 'typebox';
import type { AlertLevel } from '../alert.js';
import { cut } from '../text/cut.js';
import type { Templates } from '../text/defaults.js';
import { adaptiveCard as escaped } from '../text/escapes.js';
import type { ChannelKind, Message } from './kind.js';
import { Url, urlFaults } from './settings.js';
import { linkOf, tell, worstLevel } from './telling.js';

/** Teams refuses messages above 28 KB, everything included. */
const limits = { bytes: 28_000, title: 500, body: 16_000 };

const colors: Record<AlertLevel, string> = {
  critical: 'attention',
  high: 'attention',
  medium: 'warning',
  low: 'accent',
  informational: 'default',
};

const Settings = Type.Object(
  { url: Url('of the workflow “When a Teams webhook request is received”; a secret') },
  { additionalProperties: false, title: 'TeamsSettings' },
);
type Settings = Static<typeof Settings>;

/** A workflow of Microsoft Teams that posts Adaptive Cards. Answers 202. */
export const teamsKind: ChannelKind<Settings> = {
  schema: Settings,
  secrets: ['url'],
  grouping: { listed: 20, counts: true },
  faults: ({ url }, guard) => urlFaults('/url', url, guard),
  destination: () => '',
  confidential: ({ url }) => [url],
  send: (message, { url }, { post, signal, templates }) =>
    post({
      url: new URL(url),
      headers: { 'content-type': 'application/json' },
      body: teamsBody(message, templates),
      signal,
    }),
};

export function teamsBody(message: Message, templates: Templates): string {
  for (let mostLength = limits.body; ; mostLength = Math.floor(mostLength / 2)) {
    const body = JSON.stringify(card(message, templates, mostLength));
    if (Buffer.byteLength(body) <= limits.bytes || mostLength < 100) return body;
  }
}

function card(message: Message, templates: Templates, mostLength: number): object {
  const asLink = (text: string, link: string): string =>
    link === '' ? text : `[${text}](${link.replace(/[()]/g, encodeURIComponent)})`;
  const { title, body } = tell(message, templates, { escaped, asLink, mostLength });
  const block = (text: string, more: object = {}) => ({ type: 'TextBlock', text, wrap: true, ...more });
  const link = message.alerts.length === 1 ? linkOf(message.alerts[0]?.link ?? '') : '';
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          msteams: { width: 'Full' },
          body: [
            block(cut(title, limits.title), { weight: 'Bolder', size: 'Medium', color: colors[worstLevel(message)] }),
            // One line feed is a space in Markdown, two end a paragraph.
            block(body.replace(/\n+/g, '\n\n')),
            block(`delivery ${message.deliveryId}`, { isSubtle: true, size: 'Small' }),
          ],
          actions: link === '' ? [] : [{ type: 'Action.OpenUrl', title: 'Open the alert', url: link }],
        },
      },
    ],
  };
}
