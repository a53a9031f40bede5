import { type Static, Type } from 'typebox';
import type { Alert, AlertLevel, AlertState } from '../alert.js';
import { cut } from '../text/cut.js';
import type { Templates } from '../text/defaults.js';
import { oneLine, verbatim } from '../text/escapes.js';
import type { ChannelKind, Message } from './kind.js';
import { oneOf, originOf, Url, urlFaults } from './settings.js';
import { linkOf } from './telling.js';

/** Of the Events API v2, in characters; the whole event in bytes. */
const limits = { summary: 1_024, source: 255, body: 60_000, bytes: 512_000 };

const regions = ['us', 'eu'] as const;
const addresses = {
  us: 'https://events.pagerduty.com/v2/enqueue',
  eu: 'https://events.eu.pagerduty.com/v2/enqueue',
};
const actions: Record<AlertState, string> = { firing: 'trigger', acknowledged: 'acknowledge', resolved: 'resolve' };
const severities: Record<AlertLevel, string> = {
  critical: 'critical',
  high: 'error',
  medium: 'warning',
  low: 'info',
  informational: 'info',
};

const Settings = Type.Object(
  {
    routing_key: Type.String({
      pattern: '^[A-Za-z0-9]{32}$',
      description: 'the integration key of an Events API v2 integration; a secret',
    }),
    region: Type.Optional(oneOf(regions, 'of the service; us when absent')),
    url: Type.Optional(Url('in place of PagerDuty’s own, for others that take its events')),
  },
  { additionalProperties: false, title: 'PagerDutySettings' },
);
type Settings = Static<typeof Settings>;

const addressOf = ({ url, region = 'us' }: Settings): string => url ?? addresses[region];

/** PagerDuty's Events API v2. Alerts go one by one: an incident is one fingerprint, and is resolved by it. Answers 202. */
export const pagerdutyKind: ChannelKind<Settings> = {
  schema: Settings,
  secrets: ['routing_key'],
  grouping: { listed: 1, counts: false },
  faults: (settings, guard) => urlFaults('/url', addressOf(settings), guard),
  destination: (settings) => originOf(addressOf(settings)),
  confidential: ({ routing_key }) => [routing_key],
  async send(message, settings, { post, signal, templates }) {
    const say = (alert: Alert) =>
      post({
        url: new URL(addressOf(settings)),
        headers: { 'content-type': 'application/json' },
        body: pagerdutyBody(alert, message, settings.routing_key, templates),
        signal,
      });
    const answer = await say(message.alerts[0]!);
    // Nobody shall be called up for longer than a test takes.
    if (message.test) await say({ ...message.alerts[0]!, state: 'resolved' });
    return answer;
  },
};

export function pagerdutyBody(alert: Alert, message: Message, routingKey: string, templates: Templates): string {
  const { rule, group, state, fingerprint, count, first_seen, last_seen, organization_id } = alert;
  const link = linkOf(alert.link);
  const head = { routing_key: routingKey, event_action: actions[state], dedup_key: fingerprint };
  if (state !== 'firing') return JSON.stringify(head);
  const names = Object.values(group).join(', ');
  const event = (body: string, events: readonly string[]) =>
    JSON.stringify({
      ...head,
      client: 'Sealstream',
      ...(link === '' ? {} : { client_url: link, links: [{ href: link, text: 'Open the alert' }] }),
      payload: {
        summary: cut((message.test ? 'Test: ' : '') + templates.title.render(alert, oneLine), limits.summary),
        source: cut(names || organization_id || 'sealstream', limits.source),
        severity: severities[rule.level],
        timestamp: last_seen,
        group: cut(organization_id, limits.source),
        class: cut(rule.id, limits.source),
        custom_details: {
          body,
          rule,
          group,
          count,
          first_seen,
          last_seen,
          event_ids: events,
          delivery_id: message.deliveryId,
        },
      },
    });
  const whole = event(cut(templates.body.render(alert, verbatim), limits.body), alert.event_ids);
  return Buffer.byteLength(whole) <= limits.bytes ? whole : event('', []);
}
