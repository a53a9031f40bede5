import { randomUUID } from 'node:crypto';
import { channelKinds } from '../channels/kinds.js';
import { invalidChannel, NotifyError } from '../errors.js';
import type { Vault } from '../secrets/vault.js';
import type { TargetGuard } from '../target/guard.js';
import { type Channel, type ChannelView, openSettings, sealSettings, viewOfChannel } from './channel.js';
import type { ChannelDirectory } from './channel-directory.js';
import { type ChannelEnvelope, defaultMessagesPerMinute } from './schema.js';
import { checkChannel, readEnvelope } from './validate.js';

/** What people do with channels. An organization sees its own only; '' is the deployment. Every call throws NotifyErrors. */
export interface Channels {
  create(organization: string, input: unknown, by: string): Promise<ChannelView>;
  list(organization: string): Promise<ChannelView[]>;
  get(organization: string, id: string): Promise<ChannelView>;
  /** Says the whole channel anew; secrets that are left out stay, `null` takes one away. `version` refuses to undo another's change. */
  update(
    organization: string,
    id: string,
    input: unknown,
    by: string,
    expected?: { version?: number },
  ): Promise<ChannelView>;
  remove(organization: string, id: string, by: string): Promise<ChannelView>;
  /** The channels that a rule's actions mean: by id or name, or all that are enabled of a kind (`slack`); and actions that mean none. */
  resolve(organization: string, actions: readonly string[]): Promise<{ channelIds: string[]; unknown: string[] }>;
}

const mostPerOrganization = 100;

export function createChannels({
  directory,
  vault,
  guard,
  nowMs = Date.now,
}: {
  directory: ChannelDirectory;
  vault: Vault;
  guard: TargetGuard;
  nowMs?: () => number;
}): Channels {
  const own = (channels: readonly Channel[], organization: string): Channel[] =>
    channels.filter(({ organizationId }) => organizationId === organization);
  const found = (channels: readonly Channel[], organization: string, id: string): Channel => {
    const channel = own(channels, organization).find((one) => one.id === id);
    if (!channel) throw new NotifyError('channel_unknown', `there is no alert channel '${id}'`);
    return channel;
  };
  const assertNameFree = (channels: readonly Channel[], name: string, id?: string): void => {
    const other = channels.find((channel) => channel.name === name && channel.id !== id);
    if (other) throw new NotifyError('channel_conflict', `the name '${name}' is another channel's (${other.id})`);
  };
  const members = ({
    name,
    enabled = true,
    messages_per_minute,
    group_seconds = 0,
    group_by = [],
    templates = {},
  }: ChannelEnvelope) => ({
    name,
    enabled,
    messagesPerMinute: messages_per_minute ?? defaultMessagesPerMinute,
    groupSeconds: group_seconds,
    groupBy: group_by,
    templates,
  });
  const newer = (version: number): number => Math.max(version + 1, nowMs() * 1_000);
  const saved = async (channel: Channel): Promise<ChannelView> => {
    await directory.put(channel);
    return viewOfChannel(vault, channel);
  };

  return {
    async create(organization, input, by) {
      const envelope = readEnvelope(input);
      checkChannel(envelope, guard);
      const channels = own(await directory.fresh(), organization);
      assertNameFree(channels, envelope.name);
      if (channels.length >= mostPerOrganization) {
        throw new NotifyError(
          'channel_conflict',
          `there are ${channels.length} alert channels, which is as many as there may be`,
        );
      }
      const id = randomUUID();
      const { kind, settings } = envelope;
      const at = nowMs();
      return saved({
        id,
        organizationId: organization,
        version: newer(0),
        kind,
        ...members(envelope),
        ...sealSettings(vault, { id, kind, settings }),
        deleted: false,
        createdAtMs: at,
        changedAtMs: at,
        changedBy: by,
      });
    },
    async list(organization) {
      const channels = own(await directory.all(), organization).sort((a, b) => (a.name < b.name ? -1 : 1));
      return channels.map((channel) => viewOfChannel(vault, channel));
    },
    async get(organization, id) {
      return viewOfChannel(vault, found(await directory.all(), organization, id));
    },
    async update(organization, id, input, by, { version } = {}) {
      const envelope = readEnvelope(input);
      const channels = own(await directory.fresh(), organization);
      const before = found(channels, organization, id);
      if (version !== undefined && version !== before.version) {
        throw new NotifyError(
          'channel_conflict',
          `the channel was changed meanwhile: its version is ${before.version}, not ${version}`,
        );
      }
      if (envelope.kind !== before.kind) {
        throw invalidChannel([{ pointer: '/kind', detail: `stays ${before.kind}; make another channel` }]);
      }
      const settings = withKeptSecrets(vault, before, envelope.settings);
      checkChannel({ ...envelope, settings }, guard);
      assertSecretsStay(vault, before, envelope.settings, settings);
      assertNameFree(channels, envelope.name, id);
      return saved({
        ...before,
        version: newer(before.version),
        ...members(envelope),
        ...sealSettings(vault, { id, kind: before.kind, settings }),
        changedAtMs: nowMs(),
        changedBy: by,
      });
    },
    async remove(organization, id, by) {
      const before = found(await directory.fresh(), organization, id);
      const view = viewOfChannel(vault, before);
      const version = newer(before.version);
      await directory.put({ ...before, version, sealed: {}, deleted: true, changedAtMs: nowMs(), changedBy: by });
      return view;
    },
    async resolve(organization, actions) {
      const channels = own(await directory.all(), organization);
      const meant = actions.map((action) => ({ action, ids: meantBy(channels, action) }));
      return {
        channelIds: [...new Set(meant.flatMap(({ ids }) => ids))],
        unknown: meant.filter(({ ids }) => ids.length === 0).map(({ action }) => action),
      };
    },
  };
}

function meantBy(channels: readonly Channel[], action: string): string[] {
  const one = channels.find(({ id, name }) => id === action || name === action);
  if (one) return [one.id];
  return channels.filter(({ kind, enabled }) => kind === action && enabled).map(({ id }) => id);
}

function withKeptSecrets(vault: Vault, before: Channel, given: Record<string, unknown>): Record<string, unknown> {
  const settings = { ...given };
  const missing = Object.keys(before.sealed).filter((name) => !(name in given));
  const kept = missing.length === 0 ? {} : openSettings(vault, before);
  for (const name of missing) settings[name] = kept[name];
  for (const name of channelKinds[before.kind].secrets) if (settings[name] === null) delete settings[name];
  return settings;
}

/** A secret that is kept may only go where it went before: otherwise whoever may change a channel could have it sent to himself. */
function assertSecretsStay(
  vault: Vault,
  before: Channel,
  given: Readonly<Record<string, unknown>>,
  settings: Readonly<Record<string, unknown>>,
): void {
  const kept = Object.keys(before.sealed).filter((name) => !(name in given));
  if (kept.length === 0) return;
  const { destination } = channelKinds[before.kind];
  if (destination(settings) === destination(openSettings(vault, before))) return;
  throw invalidChannel(
    kept.map((name) => ({
      pointer: `/settings/${name}`,
      detail: 'must be given again, since it would now go elsewhere',
    })),
  );
}
