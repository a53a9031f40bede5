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
