import type { Expression } from './expression.js';
import type { Extensions } from './extensions.js';
import type { Field } from './field.js';

/** From the least to the most urgent, as Sigma has them. */
export const levels = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export type Level = (typeof levels)[number];

/** Which logs a rule is about, as it says itself. */
export interface LogSource {
  product?: string;
  service?: string;
  category?: string;
}

/** What a rule says of itself, for those who read its alerts. */
export interface RuleText {
  title: string;
  description: string;
  /** Shown wherever a match is shown: some licences of rules (DRL) ask for it. */
  author: string;
  license: string;
  status: string;
  date: string;
  modified: string;
  references: readonly string[];
  tags: readonly string[];
  falsePositives: readonly string[];
  /** Names of fields that help whoever looks into an alert. */
  fields: readonly string[];
}

/** A rule as the engine judges it: data only, so that it can be stored, hashed and sent. */
export type Rule = {
  /** As written, else made of the name or title, so that it stays the same when the rest of the rule changes. */
  id: string;
  /** By which correlations may refer to it instead of the id. */
  name: string | undefined;
  /** SHA-256 (hex) of all that decides what the rule finds, the rules it refers to included. */
  version: string;
  form: 'sigma' | 'simple';
  level: Level;
  logSource: LogSource;
  text: RuleText;
  /** Its hits are findings. Not so of a rule that is only there for a correlation (without `generate`). */
  alerts: boolean;
  extensions: Extensions;
  /** Names of channels or kinds of them (`email`, `slack`, `webhook`); empty: those of the organization. */
  actions: readonly string[];
  /** Nobody is told of its alerts while one of these rules' is open with the same values of `equal` in its group. */
  inhibitedBy?: { rules: readonly string[]; equal?: readonly string[] };
  origin: Origin;
} & ({ kind: 'detection'; detection: Detection } | { kind: 'correlation'; correlation: Correlation });

export type DetectionRule = Extract<Rule, { kind: 'detection' }>;
export type CorrelationRule = Extract<Rule, { kind: 'correlation' }>;

/** A condition over one event. That the event is of the rule's log source is part of it. */
export interface Detection {
  expression: Expression;
}

export const correlationTypes = ['event_count', 'value_count', 'temporal', 'temporal_ordered', 'value_sum'] as const;
export type CorrelationType = (typeof correlationTypes)[number];

/** A condition over the hits of other rules within a stretch of event time, for each group of them. */
export interface Correlation {
  type: CorrelationType;
  /** Ids of the rules, in the order written; each once. */
  rules: readonly string[];
  /** Empty: all hits are one group. */
  groupBy: readonly CorrelatedField[];
  timespanUs: number;
  condition: CountCondition;
  /** Whose distinct values are counted, or whose sum is taken; only of value_count and value_sum. Several: their combinations. */
  values: readonly CorrelatedField[];
  /** The rules referred to are also rules of their own. */
  generate: boolean;
}

export const comparisons = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'] as const;
export type ComparisonName = (typeof comparisons)[number];

/** All of them hold. Of temporal correlations, of the number of different rules that hit. */
export type CountCondition = readonly { comparison: ComparisonName; value: number }[];

/** A field under the name that a correlation knows it by, and what it is in the events of each rule. */
export interface CorrelatedField {
  name: string;
  /** By the id of the rule referred to, then by the id of the detection whose event it is (the same, unless that rule correlates). */
  of: Readonly<Record<string, Readonly<Record<string, Field>>>>;
}

/** Where a rule was written. */
export interface Origin {
  /** What the text is called, a file's name for example. */
  source: string;
  line: number;
}

/** The detections that decide a rule: itself, or those below the rules a correlation refers to. Ids, each once. */
export function detectionsBelow(rule: Rule, ruleById: ReadonlyMap<string, Rule>): string[] {
  if (rule.kind === 'detection') return [rule.id];
  return [...new Set(rule.correlation.rules.flatMap((id) => detectionsBelow(ruleById.get(id)!, ruleById)))];
}
