import type { ChannelKindName } from '../channels/kind.js';
import { channelKinds } from '../channels/kinds.js';
import { hintOf } from '../secrets/redact.js';
import type { Vault } from '../secrets/vault.js';

/** A channel as it is stored: its secrets are sealed. */
export interface Channel {
  id: string;
  /** '' is the deployment's own, which may be told of every organization's alerts. */
  organizationId: string;
  version: number;
  name: string;
  kind: ChannelKindName;
  enabled: boolean;
  messagesPerMinute: number;
  /** How long an alert waits for others to share its message; 0 is not at all. */
  groupSeconds: number;
  /** Names of variables: only alerts with the same values share a message. */
  groupBy: readonly string[];
  templates: { title?: string; body?: string };
  /** Without the secrets. */
  settings: Readonly<Record<string, unknown>>;
  /** Names of settings to what the vault made of their JSON. */
  sealed: Readonly<Record<string, string>>;
  deleted: boolean;
  createdAtMs: number;
  changedAtMs: number;
  changedBy: string;
}

/** A channel as it is shown. */
export interface ChannelView {
  id: string;
  organization_id: string;
  version: number;
  name: string;
  kind: ChannelKindName;
  enabled: boolean;
  messages_per_minute: number;
  group_seconds: number;
  group_by: string[];
  templates: { title?: string; body?: string };
  settings: Readonly<Record<string, unknown>>;
  /** Of each secret that is set, what it may be recognised by. */
  secrets: Readonly<Record<string, string>>;
  created_at: string;
  changed_at: string;
  changed_by: string;
}

const placeOf = (id: string, name: string): string => `alert channel ${id}, ${name}`;

/** Takes the settings apart. */
export function sealSettings(
  vault: Vault,
  { id, kind, settings }: { id: string; kind: ChannelKindName; settings: Readonly<Record<string, unknown>> },
): Pick<Channel, 'settings' | 'sealed'> {
  const { secrets } = channelKinds[kind];
  const entries = Object.entries(settings);
  const hidden = entries.filter(([name]) => secrets.includes(name));
  return {
    settings: Object.fromEntries(entries.filter(([name]) => !secrets.includes(name))),
    sealed: Object.fromEntries(
      hidden.map(([name, value]) => [name, vault.seal(JSON.stringify(value), placeOf(id, name))]),
    ),
  };
}

/** The settings with their secrets, as the kind's schema has them. Throws `secret_unreadable`. */
export function openSettings(vault: Vault, { id, settings, sealed }: Channel): Record<string, unknown> {
  const opened = Object.entries(sealed).map(([name, text]) => [name, JSON.parse(vault.open(text, placeOf(id, name)))]);
  return { ...settings, ...Object.fromEntries(opened) };
}

export function viewOfChannel(vault: Vault, channel: Channel): ChannelView {
  const { id, organizationId, version, name, kind, enabled, messagesPerMinute, templates, settings } = channel;
  const { groupSeconds, groupBy } = channel;
  return {
    id,
    organization_id: organizationId,
    version,
    name,
    kind,
    enabled,
    messages_per_minute: messagesPerMinute,
    group_seconds: groupSeconds,
    group_by: [...groupBy],
    templates,
    settings,
    secrets: hints(vault, channel),
    created_at: new Date(channel.createdAtMs).toISOString(),
    changed_at: new Date(channel.changedAtMs).toISOString(),
    changed_by: channel.changedBy,
  };
}

/** Of a record of texts its names are no secret. */
function hints(vault: Vault, { id, sealed }: Channel): Record<string, string> {
  const hint = (name: string, text: string): string => {
    let value: unknown;
    try {
      value = JSON.parse(vault.open(text, placeOf(id, name)));
    } catch {
      return 'does not open: set it again';
    }
    return typeof value === 'string' ? hintOf(value) : Object.keys(value as object).join(', ');
  };
  return Object.fromEntries(Object.entries(sealed).map(([name, text]) => [name, hint(name, text)]));
}
