/** What the windows of each rule cost this engine, of which the costliest are shown: with all rules the labels would be too many. */
export interface RuleCost {
  add(owner: string, rule: string, seconds: number): void;
  /** The most costly first. */
  costliest(): { owner: string; rule: string; seconds: number }[];
}

/** Beyond `kept` rules the cheapest half is forgotten. */
export function createRuleCost({ shown = 20, kept = 40_000 } = {}): RuleCost {
  const costs = new Map<string, { owner: string; rule: string; seconds: number }>();
  const sorted = () => [...costs.values()].sort((a, b) => b.seconds - a.seconds);
  return {
    add(owner, rule, seconds) {
      const name = `${owner}/${rule}`;
      const cost = costs.get(name);
      if (cost) {
        cost.seconds += seconds;
        return;
      }
      if (costs.size >= kept) for (const old of sorted().slice(kept / 2)) costs.delete(`${old.owner}/${old.rule}`);
      costs.set(name, { owner, rule, seconds });
    },
    costliest: () => sorted().slice(0, shown),
  };
}
