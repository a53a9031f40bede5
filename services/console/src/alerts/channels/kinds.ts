import type { Channel, ChannelKind } from '../types.js';

/** What is asked of a kind of channel. Names are those of the API. */
export interface Setting {
  name: string;
  label: string;
  /** Kept sealed: never shown again, and left as it is where nothing is typed. */
  secret?: true;
  required?: true;
  hint?: string;
  placeholder?: string;
  /** Text when absent; a list has commas between, headers are lines of `Name: value`. */
  as?: 'number' | 'list' | 'headers';
  choices?: readonly { value: string; label: string }[];
}

export const kindWords: Readonly<Record<ChannelKind, { label: string; hint: string }>> = {
  email: { label: 'Email', hint: 'By your SMTP server' },
  slack: { label: 'Slack', hint: 'An incoming webhook' },
  webhook: { label: 'Webhook', hint: 'Any HTTP endpoint, signed' },
  pagerduty: { label: 'PagerDuty', hint: 'Events API v2' },
  teams: { label: 'Microsoft Teams', hint: 'A workflow’s webhook' },
};

const url: Setting = { name: 'url', label: 'Address', secret: true, required: true, placeholder: 'https://' };

export const settingsOf: Readonly<Record<ChannelKind, readonly Setting[]>> = {
  email: [
    { name: 'host', label: 'SMTP server', required: true, placeholder: 'smtp.example.com' },
    { name: 'port', label: 'Port', as: 'number', placeholder: '587', hint: '587, or 465 with TLS, when empty' },
    {
      name: 'security',
      label: 'Security',
      choices: [
        { value: '', label: 'STARTTLS, required' },
        { value: 'tls', label: 'TLS from the beginning' },
        { value: 'none', label: 'None' },
      ],
    },
    { name: 'from', label: 'From', required: true, placeholder: 'sealstream@example.com' },
    { name: 'to', label: 'To', as: 'list', required: true, placeholder: 'soc@example.com, cto@example.com' },
    { name: 'user', label: 'User', hint: 'Where the server asks for one' },
    { name: 'password', label: 'Password', secret: true },
  ],
  slack: [{ ...url, hint: 'Of the incoming webhook', placeholder: 'https://hooks.slack.com/services/' }],
  teams: [{ ...url, hint: 'Of the workflow “When a Teams webhook request is received”' }],
  pagerduty: [
    { name: 'routing_key', label: 'Integration key', secret: true, required: true, hint: '32 letters and digits' },
    {
      name: 'region',
      label: 'Region',
      choices: [
        { value: '', label: 'United States' },
        { value: 'eu', label: 'European Union' },
      ],
    },
    { name: 'url', label: 'Address', hint: 'For others that take its events; PagerDuty’s own when empty' },
  ],
  webhook: [
    url,
    {
      name: 'secret',
      label: 'Secret',
      secret: true,
      required: true,
      hint: 'Signs every request; 16 to 256 characters, shared with the receiver',
    },
    {
      name: 'headers',
      label: 'Headers',
      secret: true,
      as: 'headers',
      placeholder: 'Authorization: Bearer …',
      hint: 'Sent with every request, one a line',
    },
  ],
};

/** As the fields of the form hold it: what is typed, nothing of secrets. */
export function typedOf(channel: Pick<Channel, 'kind' | 'settings'> | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(channel?.settings ?? {}).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : String(value),
    ]),
  );
}

/**
 * The settings as the API takes them: secrets that were not typed are left out and stay, those to be taken away are null. Empty fields say
 * nothing.
 */
export function settingsFrom(
  kind: ChannelKind,
  typed: Readonly<Record<string, string>>,
  taken: ReadonlySet<string> = new Set(),
): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  for (const { name, as, secret } of settingsOf[kind]) {
    const text = (typed[name] ?? '').trim();
    if (secret && taken.has(name)) settings[name] = null;
    else if (text !== '') settings[name] = valueFrom(text, as);
  }
  return settings;
}

function valueFrom(text: string, as: Setting['as']): unknown {
  if (as === 'number') return Number(text);
  if (as === 'list') return itemsOf(text);
  if (as !== 'headers') return text;
  return Object.fromEntries(
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .map((line) => {
        const at = line.indexOf(':');
        return at < 0 ? [line, ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
      }),
  );
}

export const itemsOf = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

/** Where it leads, as far as it is no secret. */
export function destinationOf({ kind, settings, secrets }: Pick<Channel, 'kind' | 'settings' | 'secrets'>): string {
  if (kind === 'email') return typedOf({ kind, settings }).to ?? '';
  return secrets.url ?? secrets.routing_key ?? '';
}
