import { Type } from 'typebox';
import type { RuleText } from '../../../alerts/rule-texts/index.js';
import { faultCodes, levels, type Rule, type RuleFault } from '../../../alerts/rules/index.js';
import { nullable, oneOf, Time } from '../schemas.js';
import { isOutdated, type OwnedText } from './rule-sets.js';

const Text = Type.String({
  minLength: 1,
  maxLength: 262_144,
  description: 'one or more rules: Sigma in YAML, or the simple form in JSON',
});
const RuleOfText = Type.Object(
  {
    id: Type.String(),
    title: Type.String(),
    description: Type.String(),
    author: Type.String(),
    status: Type.String(),
    level: oneOf(levels, 'how bad it is'),
    kind: oneOf(['detection', 'correlation'], 'over one event, or over matches of other rules'),
    alerts: Type.Boolean({ description: 'its hits are alerts; otherwise it is only there for others' }),
    tags: Type.Array(Type.String()),
    version: Type.String({ description: 'SHA-256 of all that decides what the rule finds' }),
    line: Type.Integer(),
  },
  { title: 'Rule' },
);
const summary = {
  id: Type.String(),
  name: Type.String(),
  enabled: Type.Boolean(),
  built_in: Type.Boolean({ description: 'comes with Sealstream: can be switched, not changed' }),
  outdated: Type.Boolean({
    description:
      'built-in, and switched when Sealstream was of an earlier release: the text of then runs on until it is switched on again',
  }),
  version: nullable(Type.Integer({ description: 'null where nobody has changed or switched it' })),
  channels: Type.Array(Type.String(), { description: 'ids, names or kinds of channels; empty: all' }),
  repeat_seconds: Type.Integer({ description: 'told again after so long while it is open; 0: never' }),
  active_from: nullable(Time),
  changed_at: nullable(Time),
  changed_by: nullable(Type.String()),
  rules: Type.Array(RuleOfText),
};
export const AlertRuleSummary = Type.Object(summary, { title: 'AlertRuleSummary' });
export const AlertRule = Type.Object({ ...summary, text: Type.String() }, { title: 'AlertRule' });
export const AlertRuleList = Type.Object({ rules: Type.Array(AlertRuleSummary) });
export const AlertRuleDetail = Type.Object(
  {
    ...AlertRule.properties,
    shared: nullable(
      Type.String({ description: 'of a built-in one: rules that several refer to; a copy of it needs some of them' }),
    ),
    versions: Type.Array(
      Type.Object({
        version: Type.Integer(),
        enabled: Type.Boolean(),
        deleted: Type.Boolean(),
        text: Type.String(),
        changed_at: Time,
        changed_by: Type.String(),
      }),
      { description: 'the newest first, at most 100' },
    ),
  },
  { title: 'AlertRuleDetail' },
);

export const RuleId = Type.Object({ id: Type.String({ maxLength: 128 }) });
export const RuleBody = Type.Object(
  {
    text: Text,
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    enabled: Type.Optional(Type.Boolean({ description: 'true when absent, and as it was in a change' })),
    channels: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { maxItems: 20 })),
    repeat_seconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 2_592_000 })),
    version: Type.Optional(Type.Integer({ minimum: 0, description: 'refuses to undo another’s change' })),
  },
  { additionalProperties: false },
);
export const ReplacedId = Type.Optional(
  Type.String({ maxLength: 128, description: 'of the saved text that it is to take the place of' }),
);
export const TextBody = Type.Object({ text: Text, id: ReplacedId }, { additionalProperties: false });

export const Fault = Type.Object({
  line: Type.Integer(),
  column: Type.Integer(),
  code: oneOf(faultCodes, 'why; stays'),
  message: Type.String(),
});
export const Validation = Type.Object({
  valid: Type.Literal(true),
  rules: Type.Array(RuleOfText),
  warnings: Type.Array(Fault, { description: 'what may not be meant as it is written' }),
});
export const TestRun = Type.Object(
  {
    passed: Type.Boolean(),
    tests: Type.Array(
      Type.Object({
        rule: Type.String(),
        name: Type.String(),
        line: Type.Integer(),
        passed: Type.Boolean(),
        missing: Type.Integer({ description: 'alerts that were expected and not found' }),
        unexpected: Type.Integer({ description: 'alerts that were found and not expected' }),
      }),
    ),
    untested: Type.Array(Type.String(), { description: 'rules without tests' }),
  },
  { title: 'AlertRuleTests' },
);

const timeOf = (ms: number): string => new Date(ms).toISOString();

export const ruleAnswer = (rule: Rule) => ({
  id: rule.id,
  title: rule.text.title,
  description: rule.text.description,
  author: rule.text.author,
  status: rule.text.status,
  level: rule.level,
  kind: rule.kind,
  alerts: rule.alerts,
  tags: [...rule.text.tags],
  version: rule.version,
  line: rule.origin.line,
});

export function summaryAnswer(owned: OwnedText, rules: readonly Rule[]) {
  const { id, name, enabled, builtIn, stored } = owned;
  return {
    id,
    name,
    enabled,
    built_in: builtIn,
    outdated: isOutdated(owned),
    version: stored?.version ?? null,
    channels: [...(stored?.channels ?? [])],
    repeat_seconds: stored?.repeatSeconds ?? 0,
    active_from: stored?.enabled ? timeOf(stored.activeFromUs / 1_000) : null,
    changed_at: stored ? timeOf(stored.changedAtMs) : null,
    changed_by: stored?.changedBy ?? null,
    rules: rules.map(ruleAnswer),
  };
}

export const versionAnswer = ({ version, enabled, deleted, text, changedAtMs, changedBy }: RuleText) => ({
  version,
  enabled,
  deleted,
  text,
  changed_at: timeOf(changedAtMs),
  changed_by: changedBy,
});

export const faultAnswer = ({ line, column, code, message }: RuleFault) => ({ line, column, code, message });
