import { createHash } from 'node:crypto';
import type { Draft, Placed, Said } from './draft.js';
import type { RuleFault } from './fault.js';
import type { Field } from './field.js';
import { normalId } from './identity.js';
import { withInhibitions } from './inhibitions.js';
import type { RuleLimits } from './limits.js';
import type { CorrelatedField, Correlation, Rule } from './rule.js';
import { unknownField } from './sources/index.js';
import { Unresolved } from './unresolved.js';

type CorrelationPlaced = Placed & { draft: Extract<Draft, { kind: 'correlation' }> };

/** Joins the rules of a set with those they refer to. A rule that cannot be, and all that refer to it, are left out and said why. */
export function resolveRules(
  placed: readonly Placed[],
  { limits }: { limits: RuleLimits },
): { rules: Rule[]; faults: RuleFault[] } {
  const faults: RuleFault[] = [];
  const byId = new Map<string, Placed>();
  const byName = new Map<string, Placed[]>();
  const kept = placed.filter((one) => {
    const { id, name, offset, text } = one.draft;
    const other = byId.get(id);
    if (other) {
      const why = `the id ${id} is that of ${JSON.stringify(other.draft.text.title)}, too: give ${JSON.stringify(text.title)} another`;
      faults.push(one.faultAt('duplicate_rule', why, offset));
      return false;
    }
    byId.set(id, one);
    if (name !== undefined) byName.set(name, [...(byName.get(name) ?? []), one]);
    return true;
  });

  const find = (from: Placed, { name, offset }: Said): Placed => {
    const found = byId.get(normalId(name)) ?? byId.get(name);
    if (found) return found;
    const named = byName.get(name) ?? [];
    if (named.length === 1) return named[0]!;
    throw new Unresolved(
      named.length > 1
        ? from.faultAt('ambiguous_rule', `${named.length} rules are called ${JSON.stringify(name)}`, offset)
        : from.faultAt('unknown_rule', `there is no rule ${JSON.stringify(name)}`, offset),
    );
  };

  const done = new Map<Placed, Rule | Unresolved>();
  const resolve = (one: Placed, above: readonly Placed[]): Rule => {
    const known = done.get(one);
    if (known instanceof Unresolved) throw known;
    if (known) return known;
    try {
      const rule =
        one.draft.kind === 'detection'
          ? detectionRule(one, one.draft)
          : correlationRule(one as CorrelationPlaced, above);
      done.set(one, rule);
      return rule;
    } catch (error) {
      if (error instanceof Unresolved) done.set(one, error);
      throw error;
    }
  };

  const correlationRule = (one: CorrelationPlaced, above: readonly Placed[]): Rule => {
    const { draft } = one;
    if (above.length >= limits.depth) {
      throw new Unresolved(
        one.faultAt('limit', `correlations of correlations, more than ${limits.depth} deep`, draft.offset),
      );
    }
    const path = [...above, one];
    const direct = draft.correlation.rules.map((said) => {
      const found = find(one, said);
      if (path.includes(found)) {
        const circle = [...path.slice(path.indexOf(found)), found].map(({ draft: { text } }) => text.title);
        throw new Unresolved(
          one.faultAt('cyclic_rules', `rules refer to each other: ${circle.join(' → ')}`, said.offset),
        );
      }
      try {
        return { said, placed: found, rule: resolve(found, path) };
      } catch (error) {
        if (!(error instanceof Unresolved)) throw error;
        if (error.fault.code === 'cyclic_rules') throw error;
        const why = `the rule ${JSON.stringify(said.name)} that this one refers to is refused`;
        throw new Unresolved(one.faultAt('unknown_rule', why, said.offset));
      }
    });
    const field = (said: Said): CorrelatedField => correlatedField(one, said, direct, find);
    const { correlation } = draft;
    const resolved: Correlation = {
      type: correlation.type,
      rules: direct.map(({ rule }) => rule.id),
      groupBy: correlation.groupBy.map(field),
      timespanUs: correlation.timespanUs,
      condition: correlation.condition,
      values: correlation.values.map(field),
      generate: correlation.generate,
    };
    const twice = resolved.rules.find((id, at) => resolved.rules.indexOf(id) !== at);
    if (twice) throw new Unresolved(one.faultAt('invalid', `rules has ${twice} twice`, draft.offset));
    const below = direct.map(({ rule }) => rule.version);
    return { ...ruleBase(one, { correlation: resolved, below }), kind: 'correlation', correlation: resolved };
  };

  const rules = kept.flatMap((one): Rule[] => {
    try {
      return [resolve(one, [])];
    } catch (error) {
      if (!(error instanceof Unresolved)) throw error;
      if (!faults.includes(error.fault)) faults.push(error.fault);
      return [];
    }
  });
  return { rules: withAlerts(withInhibitions(rules, { byId, find, faults })), faults };
}

const detectionRule = (one: Placed, { detection }: Extract<Draft, { kind: 'detection' }>): Rule => ({
  ...ruleBase(one, { detection }),
  kind: 'detection',
  detection,
});

function ruleBase(
  { draft, source, faultAt }: Placed,
  judged: object,
): Omit<Extract<Rule, { kind: 'detection' }>, 'kind' | 'detection'> {
  const { id, name, form, level, logSource, text, extensions, actions, hidden = false, offset } = draft;
  const version = createHash('sha256').update(JSON.stringify({ judged, extensions, level })).digest('hex');
  const { line } = faultAt('invalid', '', offset);
  return {
    id,
    name,
    version,
    form,
    level,
    logSource,
    text,
    alerts: !hidden,
    extensions,
    actions,
    origin: { source, line },
  };
}

/** A rule that a correlation refers to is a rule of its own only where a correlation says so. */
function withAlerts(rules: readonly Rule[]): Rule[] {
  const below = new Set<string>();
  const generated = new Set<string>();
  for (const rule of rules) {
    if (rule.kind !== 'correlation') continue;
    for (const id of rule.correlation.rules) (rule.correlation.generate ? generated : below).add(id);
  }
  return rules.map((rule) => (below.has(rule.id) && !generated.has(rule.id) ? { ...rule, alerts: false } : rule));
}

/**
 * What a field of a correlation is in the events of each rule: by its alias there, else by its name in the rule's log source. The aliases
 * of a correlation below are names that it knows its own fields by, so that they reach on to what it refers to.
 */
function correlatedField(
  one: CorrelationPlaced,
  said: Said,
  direct: readonly { said: Said; placed: Placed; rule: Rule }[],
  find: (from: Placed, said: Said) => Placed,
): CorrelatedField {
  const fieldsOf = (placed: Placed, { name, offset }: Said): (readonly [string, Field])[] => {
    const { draft } = placed;
    if (draft.kind === 'correlation') {
      return draft.correlation.rules.flatMap((reference) => {
        const below = find(placed, reference);
        const aliased = aliasOf(placed as CorrelationPlaced, name, reference, below);
        return fieldsOf(below, { name: aliased?.name ?? name, offset });
      });
    }
    const field = draft.source.field(name);
    if (!field) throw new Unresolved(one.faultAt('unknown_field', unknownField(draft.source, name), offset));
    return [[draft.id, field]];
  };
  const of = direct.map(({ said: reference, placed, rule }) => {
    const aliased = aliasOf(one, said.name, reference, placed);
    if (!aliased && one.draft.correlation.aliases.has(said.name)) {
      const why = `the alias ${said.name} says nothing of the rule ${JSON.stringify(reference.name)}`;
      throw new Unresolved(one.faultAt('missing', why, said.offset));
    }
    return [rule.id, Object.fromEntries(fieldsOf(placed, aliased ?? said))] as const;
  });
  return { name: said.name, of: Object.fromEntries(of) };
}

/** What a correlation's alias says of a rule that it refers to, by whichever of its names. */
function aliasOf(one: CorrelationPlaced, name: string, reference: Said, { draft }: Placed): Said | undefined {
  const alias = one.draft.correlation.aliases.get(name);
  const names = [reference.name, draft.name, draft.id];
  return alias && names.map((key) => (key === undefined ? undefined : alias.get(key))).find(Boolean);
}
