import { readDocuments } from './document.js';
import type { Draft, Placed } from './draft.js';
import { Refused, type RuleFault } from './fault.js';
import { type RuleLimits, ruleLimits } from './limits.js';
import { mapOf } from './parts.js';
import { resolveRules } from './resolve.js';
import type { Rule } from './rule.js';
import { readSigma } from './sigma.js';
import { isSimple, readSimple } from './simple.js';

/** A text with rules, and what it is called in messages. */
export interface RuleSource {
  source: string;
  text: string;
}

export interface RuleSet {
  /** Those that can be run. */
  rules: Rule[];
  /** Why others cannot. Whoever asks decides whether the rest may be run without them. */
  faults: RuleFault[];
  /** What may not be meant as it is written. */
  warnings: RuleFault[];
}

/**
 * Reads the rules of several texts, which may refer to each other by name or id. Each text is YAML with any number of documents (JSON is
 * YAML, too), each document a Sigma rule, a Sigma correlation, or a rule of the simple form. Never throws for what a text says.
 */
export function parseRuleSet(sources: readonly RuleSource[], limits: RuleLimits = ruleLimits): RuleSet {
  const faults: RuleFault[] = [];
  const warnings: RuleFault[] = [];
  const placed: Placed[] = [];
  for (const { source, text } of sources) {
    const { documents, positionOf } = readDocuments(text, { limits });
    const faultAt: Placed['faultAt'] = (code, message, offset) => ({ source, ...positionOf(offset), code, message });
    for (const document of documents) {
      try {
        if ('refused' in document) throw document.refused;
        const warn = (code: RuleFault['code'], message: string, { offset }: { offset: number }): void => {
          warnings.push(faultAt(code, message, offset));
        };
        placed.push(...readDocument(document.root, { limits, warn }).map((draft) => ({ draft, source, faultAt })));
        if (placed.length > limits.rules) {
          throw new Refused('limit', `more than ${limits.rules} rules in one set`, { offset: document.offset });
        }
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        faults.push(faultAt(error.code, error.message, error.offset));
        if (placed.length > limits.rules) return { rules: [], faults, warnings };
      }
    }
  }
  const resolved = resolveRules(placed, { limits });
  return { rules: resolved.rules, faults: [...faults, ...resolved.faults], warnings };
}

function readDocument(root: Parameters<typeof mapOf>[0], setting: Parameters<typeof readSigma>[1]): Draft[] {
  const map = mapOf(root, 'a rule');
  const filter = map.entries.find(({ key }) => key === 'filter');
  if (isSimple(map)) return readSimple(map, setting);
  if (filter && !map.entries.some(({ key }) => key === 'detection' || key === 'correlation')) {
    throw new Refused('unsupported', 'Sigma filters are not supported: write the exclusion into the rules', filter);
  }
  return [readSigma(map, setting)];
}

/** As parseRuleSet, of one text, and all of it or nothing. */
export function parseRules(
  text: string,
  { source = 'rules', limits = ruleLimits } = {},
): { rules: Rule[]; warnings: RuleFault[] } | { faults: RuleFault[] } {
  const { rules, faults, warnings } = parseRuleSet([{ source, text }], limits);
  return faults.length > 0 ? { faults } : { rules, warnings };
}
