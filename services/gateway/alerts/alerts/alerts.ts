import {
  type ActionKind,
  type ActionTable,
  type AlertState,
  alertState,
  type Finding,
  type FindingAction,
  type FindingTable,
  type SaidFinding,
  type SilenceTable,
  type StoredSilence,
} from '../../../alerts/findings/index.js';
import { formatTimestampUs } from '../../../core/event/time.js';
import { Problem } from '../../errors.js';
import type { AlertScope } from '../whose.js';
import { type AlertListRequest, cursorOf } from './list-request.js';

/** An alert as it is shown. */
export type AlertAnswer = ReturnType<typeof alertAnswer>;

export interface AlertDetail {
  alert: AlertAnswer;
  actions: FindingAction[];
}

/** What people ask of alerts and do about them. Alerts of other tenants are not found. */
export interface Alerts {
  list(scope: AlertScope, request: AlertListRequest): Promise<{ alerts: AlertAnswer[]; next_cursor: string | null }>;
  get(scope: AlertScope, id: string): Promise<AlertDetail>;
  /** Notes what somebody did. Throws conflict where the alert is in no state for it. */
  act(
    scope: AlertScope,
    id: string,
    act: { kind: ActionKind; note: string; actor: FindingAction['actor'] },
  ): Promise<{ finding: Finding; before: AlertState; after: AlertDetail }>;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** A page looks through so many findings in search of a state, so that it ends. */
const roundsPerPage = 10;
const leastRound = 200;

export function createAlerts({
  findings,
  actions,
  silences,
  nowUs = () => Date.now() * 1_000,
}: {
  findings: FindingTable;
  actions: ActionTable;
  silences: SilenceTable;
  nowUs?: () => number;
}): Alerts {
  const statesOf = async (found: readonly Finding[]) => {
    const now = nowUs();
    const owners = [...new Set(['', ...found.map(({ organizationId }) => organizationId)])];
    const [done, lasting] = await Promise.all([actions.of(found), silences.of(owners, now)]);
    return found.map((finding) => stateOf(finding, done.get(finding.id) ?? [], lasting, now));
  };
  const stateOf = (finding: Finding, own: FindingAction[], lasting: readonly StoredSilence[], now: number) => {
    // What is stored was done, even where another gateway's clock is ahead.
    const at = Math.max(now, own.at(-1)?.atUs ?? 0);
    return { finding, actions: own, state: alertState({ finding, actions: own, silences: lasting, nowUs: at }) };
  };

  const find = async ({ organizations, system }: AlertScope, id: string): Promise<Finding> => {
    const query = { organizations, system, ids: [id.toLowerCase()], replaced: true, limit: 1 };
    const [finding] = uuid.test(id.toLowerCase()) ? await findings.list(query) : [];
    if (finding) return finding;
    throw new Problem('not-found', `no alert with the id ${JSON.stringify(id)} is to be seen`);
  };
  const detailOf = async (finding: Finding) => {
    const [one] = await statesOf([finding]);
    return { state: one!.state, detail: { alert: alertAnswer(finding, one!.state), actions: one!.actions } };
  };

  return {
    async list({ organizations, system }, { states, query }) {
      const { limit } = query;
      const lastingOnly = states !== undefined && !states.some((one) => one === 'resolved' || one === 'replaced');
      const alerts: AlertAnswer[] = [];
      let { after } = query;
      for (let round = 0; round < roundsPerPage; round += 1) {
        const wanted = states === undefined ? limit - alerts.length : Math.max(leastRound, limit);
        const found = await findings.list({
          ...query,
          organizations,
          system,
          after,
          limit: wanted + 1,
          ...(lastingOnly ? { unresolvedAtUs: nowUs() } : {}),
        });
        const more = found.length > wanted;
        for (const { finding, state } of await statesOf(found.slice(0, wanted))) {
          if (alerts.length === limit) return { alerts, next_cursor: cursorOf(after!) };
          after = finding;
          if (states === undefined || states.includes(state.status)) alerts.push(alertAnswer(finding, state));
        }
        if (!more) return { alerts, next_cursor: null };
      }
      return { alerts, next_cursor: after ? cursorOf(after) : null };
    },
    get: async (scope, id) => (await detailOf(await find(scope, id))).detail,
    async act(scope, id, { kind, note, actor }) {
      const finding = await find(scope, id);
      const { state: before, detail } = await detailOf(finding);
      const [from, why] = permitted[kind] ?? [];
      if (from && !from.includes(before.status)) throw new Problem('conflict', `the alert is ${before.status}: ${why}`);
      const { organizationId } = finding;
      // Behind what was done before, whatever the clock of the gateway that did it.
      const lastUs = detail.actions.at(-1)?.atUs ?? 0;
      const atUs = Math.max(nowUs(), lastUs + 1);
      await actions.add({ organizationId, findingId: finding.id, kind, note, actor, atUs });
      return { finding, before, after: (await detailOf(finding)).detail };
    },
  };
}

/** From which states something can be done; anything else from all. */
const permitted: Partial<Record<ActionKind, readonly [from: readonly AlertState['status'][], why: string]>> = {
  acknowledged: [['open'], 'only an open one can be acknowledged'],
  unacknowledged: [['acknowledged'], 'only an acknowledged one can be given back'],
  resolved: [['open', 'acknowledged'], 'it is over already'],
  reopened: [['resolved'], 'only a resolved one can be opened again'],
};

export const alertAnswer = (finding: SaidFinding, state: AlertState) => ({
  id: finding.id,
  rule: finding.rule.id,
  rule_title: finding.rule.title,
  rule_version: finding.rule.version,
  rule_author: finding.rule.author,
  rule_owner: finding.owner === '' ? ('deployment' as const) : ('organization' as const),
  level: finding.rule.level,
  fingerprint: finding.fingerprint,
  organization_id: finding.organizationId,
  group: Object.fromEntries(finding.group.names.map((name, at) => [name, finding.group.values[at] ?? ''])),
  state: state.status,
  state_since: formatTimestampUs(state.sinceUs),
  count: finding.events,
  hits: finding.hits,
  first_seen: formatTimestampUs(finding.firstSeenUs),
  last_seen: formatTimestampUs(finding.lastSeenUs),
  resolves_at: formatTimestampUs(finding.resolvesUs),
  event_ids: [...finding.eventIds],
  assigned_to: state.assignedTo,
  silenced_by: [...state.silencedBy],
  notified_at: state.notifiedUs === undefined ? null : formatTimestampUs(state.notifiedUs),
  successor: finding.successor ?? null,
});
