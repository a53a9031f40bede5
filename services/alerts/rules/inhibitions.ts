import type { InhibitionDraft, Placed, Said } from './draft.js';
import type { RuleFault } from './fault.js';
import type { Rule } from './rule.js';
import { Unresolved } from './unresolved.js';

/**
 * Joins rules with those that keep their alerts quiet; last, as it decides nothing of what is found. Where that cannot be, the rule is left
 * loud, and the fault is said.
 */
export function withInhibitions(
  rules: readonly Rule[],
  {
    byId,
    find,
    faults,
  }: {
    byId: ReadonlyMap<string, Placed>;
    /** Throws Unresolved. */
    find: (from: Placed, said: Said) => Placed;
    faults: RuleFault[];
  },
): Rule[] {
  const known = new Set(rules.map(({ id }) => id));
  const inhibitors = new Map<string, readonly string[]>();
  const join = (rule: Rule, placed: Placed, { rules: said, equal }: InhibitionDraft): Rule => {
    const names = groupNamesOf(rule);
    const missing = equal?.find(({ name }) => !names.includes(name));
    if (missing) {
      const has = names.length > 0 ? `but by ${names.join(', ')}` : 'but by nothing';
      const why = `the rule does not group by ${missing.name}, ${has}: no alert of another has the same`;
      throw new Unresolved(placed.faultAt('unknown_field', why, missing.offset));
    }
    const found = said.map((one) => inhibitorOf(placed, one));
    inhibitors.set(rule.id, found);
    return { ...rule, inhibitedBy: { rules: found, ...(equal ? { equal: equal.map(({ name }) => name) } : {}) } };
  };
  const inhibitorOf = (placed: Placed, said: Said): string => {
    const { draft } = find(placed, said);
    if (known.has(draft.id)) return draft.id;
    const why = `the rule ${JSON.stringify(said.name)} that this one refers to is refused`;
    throw new Unresolved(placed.faultAt('unknown_rule', why, said.offset));
  };

  const joined = rules.map((rule): Rule => {
    const placed = byId.get(rule.id)!;
    const { inhibitedBy } = placed.draft;
    if (!inhibitedBy) return rule;
    try {
      return join(rule, placed, inhibitedBy);
    } catch (error) {
      if (!(error instanceof Unresolved)) throw error;
      faults.push(error.fault);
      return rule;
    }
  });
  for (const id of inhibitors.keys()) {
    if (!reaches(inhibitors, id)) continue;
    const placed = byId.get(id)!;
    const why = 'rules keep each other quiet: then nobody is told of any of them';
    faults.push(placed.faultAt('cyclic_rules', why, placed.draft.inhibitedBy!.rules[0]!.offset));
  }
  return joined;
}

/** Whether a rule keeps itself quiet in the end. */
function reaches(inhibitors: ReadonlyMap<string, readonly string[]>, id: string): boolean {
  const seen = new Set<string>();
  const open = [...(inhibitors.get(id) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === id) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...(inhibitors.get(next) ?? []));
  }
  return false;
}

const groupNamesOf = (rule: Rule): string[] => {
  if (rule.kind === 'correlation') return rule.correlation.groupBy.map(({ name }) => name);
  const { newValue, impossibleTravel } = rule.extensions;
  return ((newValue ?? impossibleTravel)?.groupBy ?? []).map(({ name }) => name);
};
