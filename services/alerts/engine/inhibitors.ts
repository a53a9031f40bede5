import { type ActionTable, alertState, type Finding, type FindingTable } from '../findings/index.js';
import type { RuleSetting } from './rule-directory.js';

/** Of one organization. */
const mostInhibiting = 1_000;

/** Looks up open alerts that may keep others quiet. Where no rule is inhibited by another, nothing is asked. */
export function createInhibitors({
  setting,
  table,
  actions,
}: {
  setting: (owner: string, ruleId: string) => RuleSetting | undefined;
  table: Pick<FindingTable, 'list'>;
  actions: Pick<ActionTable, 'of'>;
}): (
  findings: readonly Finding[],
  nowUs: number,
  /** Found at the same time: they may not be stored yet. */
  batch?: readonly Finding[],
) => Promise<ReadonlyMap<string, readonly Finding[]>> {
  const rulesWanted = (findings: readonly Finding[]): Map<string, Set<string>> => {
    const wanted = new Map<string, Set<string>>();
    for (const { owner, rule, organizationId } of findings) {
      for (const id of setting(owner, rule.id)?.inhibitedBy?.rules ?? []) {
        wanted.set(organizationId, (wanted.get(organizationId) ?? new Set()).add(id));
      }
    }
    return wanted;
  };

  return async (findings, nowUs, batch = []) => {
    const openOf = async (organization: string, rules: ReadonlySet<string>): Promise<Finding[]> => {
      const stored = await table.list({
        organizations: [organization],
        system: organization === '',
        rules: [...rules],
        unresolvedAtUs: nowUs,
        limit: mostInhibiting,
      });
      const fresh = batch.filter((one) => one.organizationId === organization && rules.has(one.rule.id));
      const all = [...new Map([...stored, ...fresh].map((one) => [one.id, one])).values()];
      const done = await actions.of(all);
      return all.filter((finding) => {
        const { status } = alertState({ finding, actions: done.get(finding.id) ?? [], silences: [], nowUs });
        return status === 'open' || status === 'acknowledged';
      });
    };
    const wanted = [...rulesWanted(findings)];
    return new Map(
      await Promise.all(
        wanted.map(async ([organization, rules]) => [organization, await openOf(organization, rules)] as const),
      ),
    );
  };
}
