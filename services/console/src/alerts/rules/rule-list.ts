import { type Level, levels, type RuleSummary } from '../types.js';

/** The worst of those that give alerts. */
export function levelOf({ rules }: Pick<RuleSummary, 'rules'>): Level {
  const own = rules.filter(({ alerts }) => alerts);
  return levels.find((level) => own.some((rule) => rule.level === level)) ?? rules[0]?.level ?? 'informational';
}

/** Those that fit, one’s own first, then by name. */
export function rulesThat(
  rules: readonly RuleSummary[],
  { typed, enabled }: { typed: string; enabled: boolean | undefined },
): readonly RuleSummary[] {
  const wanted = typed.trim().toLowerCase();
  const fits = ({ id, name, rules: own }: RuleSummary): boolean =>
    [id, name, ...own.flatMap(({ title, description, tags }) => [title, description, ...tags])].some((text) =>
      text.toLowerCase().includes(wanted),
    );
  return rules
    .filter((rule) => (enabled === undefined || rule.enabled === enabled) && fits(rule))
    .sort((a, b) => Number(a.built_in) - Number(b.built_in) || a.name.localeCompare(b.name));
}
