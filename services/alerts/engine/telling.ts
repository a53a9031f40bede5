import { messageOf } from '../../core/errors.js';
import { formatTimestampUs } from '../../core/event/time.js';
import type { Logger } from '../../core/log.js';
import {
  type ActionTable,
  type AlertState,
  alertState,
  dueOf,
  type Finding,
  type FindingAction,
  type FindingTable,
  overNote,
  type Silence,
  type SilenceTable,
} from '../findings/index.js';
import type { Alert, Notifications, NotifyRequest } from '../notify/index.js';
import { createInhibitors } from './inhibitors.js';
import type { TellPeople } from './reporter.js';
import type { RuleSetting } from './rule-directory.js';

/** What the engine hands to notify: who is told of which alert, once for each occasion. */
export interface Telling {
  tell: TellPeople;
  /**
   * Tells what was kept back and is still open, again what is to be repeated or was hit after somebody resolved it, and what somebody
   * resolved. To be called now and then by one engine.
   */
  sweep(): Promise<void>;
}

const systemActor = { type: 'system', id: 'alerts', name: '' };
/** Findings looked at together, and how many such pages; what is beyond waits until others are over, and is said in the log. */
const sweep = { page: 1_000, pages: 50 };
const silencesHoldMs = 1_000;

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
  const noteInhibited = (kept: readonly { finding: Finding; by: readonly string[] }[]): void => {
    const about = { kind: 'inhibited' as const, atUs: nowUs(), actor: systemActor };
    actions
      .write(
        kept.map(({ finding: { organizationId, id }, by }) => ({
          ...about,
          organizationId,
          findingId: id,
          note: `by ${by.slice(0, 10).join(', ')}`,
        })),
      )
      .catch((error) => log.warn({ error: messageOf(error) }, 'it was not written down that an alert was inhibited'));
  };

  const inhibitorsOf = createInhibitors({ setting, table, actions });

  const stateOf = (
    finding: Finding,
    known: {
      done: ReadonlyMap<string, readonly FindingAction[]>;
      silences: readonly Silence[];
      inhibitors: ReadonlyMap<string, readonly Finding[]>;
      nowUs: number;
    },
  ): AlertState =>
    alertState({
      finding,
      actions: known.done.get(finding.id) ?? [],
      silences: known.silences,
      inhibitedBy: setting(finding.owner, finding.rule.id)?.inhibitedBy,
      others: known.inhibitors.get(finding.organizationId) ?? [],
      nowUs: known.nowUs,
    });

  const tellOpened = async (
    opened: readonly { finding: Finding; succeeds: boolean }[],
    batch: readonly Finding[],
  ): Promise<void> => {
    if (opened.length === 0) return;
    const now = nowUs();
    const findings = opened.map(({ finding }) => finding);
    const [all, inhibitors] = await Promise.all([lasting(), inhibitorsOf(findings, now, batch)]);
    const known = { done: new Map(), silences: all, inhibitors, nowUs: now };
    const judged = opened.map((one) => ({ ...one, state: stateOf(one.finding, known) }));
    const loud = judged.filter(({ state }) => state.silencedBy.length === 0 && state.inhibitedBy.length === 0);
    // One that takes the place of another was told under that one's name.
    const first = loud.filter(({ succeeds }) => !succeeds).map(({ finding }) => finding);
    await notify(first.map((finding) => ({ finding, state: 'firing' as const, occasion: 'firing' })));
    noteTold(first, 'firing');
    noteTold(
      loud.filter(({ succeeds }) => succeeds).map(({ finding }) => finding),
      'under its former id',
    );
    noteInhibited(
      judged
        .filter(({ state }) => state.inhibitedBy.length > 0)
        .map(({ finding, state }) => ({ finding, by: state.inhibitedBy })),
    );
  };

  /** Whoever was told that it began is told that it is over, silenced meanwhile or not: an incident somewhere else is to be closed. */
  const tellOver = async (over: readonly Finding[]): Promise<void> => {
    if (over.length === 0) return;
    const done = await actions.of(over);
    const known = over.filter(({ id }) => {
      const told = done.get(id)?.findLast(({ kind }) => kind === 'notified');
      return told !== undefined && told.note !== overNote;
    });
    await notify(known.map((finding) => ({ finding, state: 'resolved' as const, occasion: 'resolved' })));
    noteTold(known, overNote);
  };

  /** Findings of the last sweep that nobody was told of. A younger one is still being told by whoever found it. */
  let untold: ReadonlySet<string> = new Set();

  const sweepPage = async (open: readonly Finding[], seen: Set<string>): Promise<void> => {
    const now = nowUs();
    const [all, done, inhibitors] = await Promise.all([
      silences.lasting(now),
      actions.of(open),
      inhibitorsOf(open, now),
    ]);
    const due = open.flatMap((finding) => {
      const state = stateOf(finding, { done, silences: all, inhibitors, nowUs: now });
      const isUntold = state.notifiedUs === undefined;
      if (isUntold) seen.add(finding.id);
      const repeatUs = (setting(finding.owner, finding.rule.id)?.repeatSeconds ?? 0) * 1_000_000;
      const next = dueOf(state, { repeatUs, nowUs: now });
      if (!next || (isUntold && !untold.has(finding.id))) return [];
      return [{ finding, state: next.news, occasion: next.occasion }];
    });
    await notify(due);
    const [over, firing] = [
      due.filter(({ state }) => state === 'resolved'),
      due.filter(({ state }) => state === 'firing'),
    ];
    noteTold(
      over.map(({ finding }) => finding),
      overNote,
    );
    noteTold(
      firing.map(({ finding }) => finding),
      'again',
    );
  };

  return {
    async tell(changes) {
      const of = (wanted: string) => changes.filter(({ change }) => change === wanted);
      const current = changes.filter(({ change }) => change === 'opened' || change === 'grown');
      await tellOpened(
        of('opened'),
        current.map(({ finding }) => finding),
      );
      await tellOver(of('resolved').map(({ finding }) => finding));
    },
    async sweep() {
      const seen = new Set<string>();
      let after: Finding | undefined;
      for (let page = 0; ; page += 1) {
        const query = { organizations: '*' as const, system: true, unresolvedAtUs: nowUs(), after };
        const open = await table.list({ ...query, limit: sweep.page });
        if (open.length > 0) await sweepPage(open, seen);
        after = open.at(-1);
        if (open.length < sweep.page) break;
        if (page + 1 < sweep.pages) continue;
        log.warn(
          { looked: sweep.page * sweep.pages },
          'more alerts are open than can be looked through for what is to be told',
        );
        break;
      }
      untold = seen;
    },
  };
}
