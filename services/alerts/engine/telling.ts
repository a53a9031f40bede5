import { messageOf } from '../../core/errors.js';
import { formatTimestampUs } from '../../core/event/time.js';
import type { Logger } from '../../core/log.js';
import {
  type ActionTable,
  alertState,
  type Finding,
  type FindingTable,
  isDue,
  type Silence,
  type SilenceTable,
} from '../findings/index.js';
import type { Alert, Notifications, NotifyRequest } from '../notify/index.js';
import type { TellPeople } from './reporter.js';
import type { RuleSetting } from './rule-directory.js';

/** What the engine hands to notify: who is told of which alert, once for each occasion. */
export interface Telling {
  tell: TellPeople;
  /** Tells what a silence kept back and is still open, and again what is to be repeated. To be called now and then by one engine. */
  sweep(): Promise<void>;
}

const systemActor = { type: 'system', id: 'alerts', name: '' };
const sweepLimit = 1_000;
const silencesHoldMs = 1_000;
/** A finding younger than this is still being told by whoever found it. */
const sweepAfterUs = 10_000_000;

export function createTelling({
  notifications,
  setting,
  table,
  actions,
  silences,
  linkOf,
  log,
  nowUs = () => Date.now() * 1_000,
}: {
  notifications: Pick<Notifications, 'notify'> & {
    channels: Pick<Notifications['channels'], 'list' | 'resolve'>;
  };
  setting: (owner: string, ruleId: string) => RuleSetting | undefined;
  table: FindingTable;
  actions: ActionTable;
  silences: SilenceTable;
  /** Where people look at an alert. */
  linkOf: (finding: Finding) => string;
  log: Logger;
  nowUs?: () => number;
}): Telling {
  const alertOf = (finding: Finding, state: Alert['state']): Alert => ({
    id: finding.id,
    fingerprint: finding.fingerprint,
    rule: {
      id: finding.rule.id,
      title: finding.rule.title,
      level: finding.rule.level,
      version: setting(finding.owner, finding.rule.id)?.version ?? 0,
      ...(finding.rule.author === '' ? {} : { author: finding.rule.author }),
    },
    group: Object.fromEntries(finding.group.names.map((name, at) => [name, finding.group.values[at] ?? ''])),
    state,
    count: finding.events,
    first_seen: formatTimestampUs(finding.firstSeenUs),
    last_seen: formatTimestampUs(finding.lastSeenUs),
    changed_at: formatTimestampUs(nowUs()),
    event_ids: finding.eventIds,
    organization_id: finding.organizationId,
    link: linkOf(finding),
  });

  /** Those the rule names, of the organization or of the deployment; all of the organization where it names none. */
  const channelsOf = async ({ owner, rule, organizationId }: Finding): Promise<string[]> => {
    const named = setting(owner, rule.id)?.channels ?? [];
    const { channels } = notifications;
    if (named.length === 0) {
      return (await channels.list(organizationId)).filter(({ enabled }) => enabled).map(({ id }) => id);
    }
    const own = await channels.resolve(organizationId, named);
    if (organizationId === '' || own.unknown.length === 0 || owner !== '') return own.channelIds;
    return [...own.channelIds, ...(await channels.resolve('', own.unknown)).channelIds];
  };

  const notify = async (
    asked: readonly { finding: Finding; state: Alert['state']; occasion: string }[],
  ): Promise<void> => {
    const requests: NotifyRequest[] = [];
    for (const { finding, state, occasion } of asked) {
      const channelIds = await channelsOf(finding);
      if (channelIds.length > 0) requests.push({ alert: alertOf(finding, state), channelIds, occasion });
    }
    if (requests.length > 0) await notifications.notify(requests);
  };
  /** Beside the work: where it fails the sweep tells again, which notify knows to be the same. */
  const noteTold = (findings: readonly Finding[], note: string): void => {
    const about = { kind: 'notified' as const, atUs: nowUs(), note, actor: systemActor };
    actions
      .write(findings.map(({ organizationId, id }) => ({ ...about, organizationId, findingId: id })))
      .catch((error) => log.warn({ error: messageOf(error) }, 'it was not written down that an alert was told'));
  };
  let known: { silences: Promise<Silence[]>; readAtMs: number } | undefined;
  /** Those of a second ago are good enough, and spare every alert a query. */
  const lasting = (): Promise<Silence[]> => {
    if (!known || performance.now() - known.readAtMs > silencesHoldMs) {
      const reading = silences.lasting(nowUs());
      known = { silences: reading, readAtMs: performance.now() };
      reading.catch(() => {
        known = undefined;
      });
    }
    return known.silences;
  };
  const isQuiet = (finding: Finding, all: readonly Silence[]): boolean =>
    alertState({ finding, actions: [], silences: all, nowUs: nowUs() }).silencedBy.length > 0;

  return {
    async tell(changes) {
      const wanted = changes.filter(({ change }) => change === 'opened' || change === 'resolved');
      if (wanted.length === 0) return;
      const all = await lasting();
      const opened = wanted.filter(({ change, finding }) => change === 'opened' && !isQuiet(finding, all));
      // One that takes the place of another was told under that one's name.
      const first = opened.filter(({ succeeds }) => !succeeds).map(({ finding }) => finding);
      await notify(first.map((finding) => ({ finding, state: 'firing' as const, occasion: 'firing' })));
      noteTold(first, 'firing');
      noteTold(
        opened.filter(({ succeeds }) => succeeds).map(({ finding }) => finding),
        'under its former id',
      );
      const over = wanted.filter(({ change, finding }) => change === 'resolved' && !isQuiet(finding, all));
      const told = await actions.of(over.map(({ finding }) => finding));
      const known = over.filter(({ finding }) => told.get(finding.id)?.some(({ kind }) => kind === 'notified'));
      await notify(known.map(({ finding }) => ({ finding, state: 'resolved' as const, occasion: 'resolved' })));
    },
    async sweep() {
      const now = nowUs();
      const open = (await table.unresolved(now, sweepLimit)).filter(({ version }) => version < now - sweepAfterUs);
      const [all, done] = await Promise.all([silences.lasting(now), actions.of(open)]);
      const due = open.flatMap((finding) => {
        const own = done.get(finding.id) ?? [];
        const state = alertState({ finding, actions: own, silences: all, nowUs: now });
        const repeatUs = (setting(finding.owner, finding.rule.id)?.repeatSeconds ?? 0) * 1_000_000;
        if (!isDue(state, { repeatUs, nowUs: now })) return [];
        const times = own.filter(({ kind }) => kind === 'notified').length;
        return [{ finding, state: 'firing' as const, occasion: times === 0 ? 'firing' : `repeat ${times}` }];
      });
      await notify(due);
      noteTold(
        due.map(({ finding }) => finding),
        'again',
      );
    },
  };
}
