import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SealstreamError } from '../../core/errors.js';
import { packageRoot } from '../../core/paths.js';
import { parseRuleSet, type RuleSource } from '../rules/parse.js';
import type { Rule } from '../rules/rule.js';

/** The rules that Sealstream brings along. */
export interface Pack {
  /** Texts as their files have them, named `pack/FILE`. */
  sources: readonly RuleSource[];
  /** All of them, those that are only there for others included. */
  rules: readonly Rule[];
}

/** A part of the pack that is switched on or off for itself. */
export interface PackText {
  /** Stays the same over versions of Sealstream. */
  id: string;
  name: string;
  /** A rule that gives alerts, behind those that are only there for it; or the rules that several others refer to. */
  text: string;
  /** Where nobody has decided otherwise. */
  enabled: boolean;
}

const folder = (): string => join(packageRoot(), 'services', 'alerts', 'pack', 'rules');

/** Reads the pack from the package's files. Throws a SealstreamError `rule_pack` where they are missing or were changed into no rules. */
export function readPack(): Pack {
  const sources = readSources();
  const { rules, faults, warnings } = parseRuleSet(sources);
  const [wrong] = [...faults, ...warnings];
  if (!wrong) return { sources, rules };
  const { source, line, column, message } = wrong;
  throw new SealstreamError(
    'rule_pack',
    `${source}:${line}:${column} ${message}; the files of the package were changed`,
  );
}

function readSources(): RuleSource[] {
  try {
    const names = readdirSync(folder()).filter((name) => name.endsWith('.yml'));
    return names.sort().map((name) => ({ source: `pack/${name}`, text: readFileSync(join(folder(), name), 'utf8') }));
  } catch (cause) {
    throw new SealstreamError(
      'rule_pack',
      `the built-in rules cannot be read from ${folder()}: install the package again`,
      {
        cause,
      },
    );
  }
}

/**
 * Whether a rule is switched on where nobody has decided otherwise. Those marked experimental would often be wrong before somebody has
 * fitted them to their organization: its working hours, how its people get at their keys.
 */
export const isOnAtFirst = ({ alerts, text }: Rule): boolean => alerts && text.status !== 'experimental';

const sharedId = 'sealstream.pack.shared';

/**
 * The pack as texts that can be stored each for itself: any of them may be off as long as the shared one is on, since none refers to
 * another but that one.
 */
export function packTexts({ sources, rules }: Pack = readPack()): PackText[] {
  const textById = new Map(
    sources.flatMap(({ source, text }) => {
      const own = rules.filter(({ origin }) => origin.source === source).sort((a, b) => a.origin.line - b.origin.line);
      return text.split(/^---\n/m).map((part, at) => [own[at]!.id, part] as const);
    }),
  );
  const ruleById = new Map(rules.map((rule) => [rule.id, rule]));
  const below = (rule: Rule): Rule[] => {
    const direct = rule.kind === 'correlation' ? rule.correlation.rules.map((id) => ruleById.get(id)!) : [];
    return [...new Set(direct.flatMap((one) => [...below(one), one]))];
  };
  const alerting = rules.filter(({ alerts }) => alerts);
  const users = (rule: Rule): number => alerting.filter((one) => below(one).includes(rule)).length;
  const joined = (parts: readonly Rule[]): string => parts.map(({ id }) => textById.get(id)!).join('---\n');
  const shared = rules.filter((rule) => !rule.alerts && users(rule) !== 1);
  return [
    { id: sharedId, name: 'Shared by built-in rules', text: joined(shared), enabled: true },
    ...alerting.map((rule) => ({
      id: rule.id,
      name: rule.text.title,
      text: joined([...below(rule).filter((one) => !shared.includes(one)), rule]),
      enabled: isOnAtFirst(rule),
    })),
  ];
}
