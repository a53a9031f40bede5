import type { MapPart, Part } from './document.js';
import type { CorrelationDraft, Said } from './draft.js';
import { durationUs } from './duration.js';
import { Refused } from './fault.js';
import type { RuleLimits } from './limits.js';
import { find, given, itemsOf, kindOf, mapOf, needed, numberOf, onlyKeys, textOf } from './parts.js';
import { type CountCondition, comparisons, correlationTypes } from './rule.js';

const keys = ['type', 'rules', 'group-by', 'timespan', 'condition', 'aliases', 'generate'];

/** The `correlation` of a rule. */
export function readCorrelation(map: MapPart, limits: RuleLimits): CorrelationDraft {
  onlyKeys(map, 'correlation', keys);
  const type = typeOf(needed(map, 'type', 'correlation: '));
  const rules = namesOf(needed(map, 'rules', 'correlation: '), 'rules', limits);
  const counts = type !== 'temporal' && type !== 'temporal_ordered';
  const condition = counts ? needed(map, 'condition', 'correlation: ') : given(map, 'condition');
  const values = condition ? valuesOf(mapOf(condition, 'condition'), type, limits) : [];
  const groups = given(map, 'group-by');
  const timespan = needed(map, 'timespan', 'correlation: ');
  return {
    type,
    rules,
    groupBy: groups ? namesOf(groups, 'group-by', limits) : [],
    aliases: aliasesOf(given(map, 'aliases')),
    timespanUs: durationUs(timespan, 'timespan', { maxUs: limits.timespanUs }),
    condition: condition ? conditionOf(mapOf(condition, 'condition')) : [{ comparison: 'gte', value: rules.length }],
    values,
    generate: generateOf(given(map, 'generate')),
  };
}

function typeOf(part: Part): CorrelationDraft['type'] {
  const text = textOf(part, 'correlation: type', 64);
  const known = correlationTypes.find((type) => type === text);
  if (known) return known;
  throw new Refused(
    'unsupported',
    `the correlation ${text} is not supported; known are ${correlationTypes.join(', ')}`,
    part,
  );
}

function namesOf(part: Part, what: string, limits: RuleLimits): Said[] {
  const items = itemsOf(part);
  if (items.length > limits.correlated) {
    throw new Refused('limit', `${what} has ${items.length} names, at most ${limits.correlated}`, part);
  }
  const names = items.map((item) => ({ name: textOf(item, what, 256), offset: item.offset }));
  const twice = names.find(({ name }, at) => names.findIndex((other) => other.name === name) !== at);
  if (twice) throw new Refused('invalid', `${what} has ${JSON.stringify(twice.name)} twice`, twice);
  return names;
}

function conditionOf(map: MapPart): CountCondition {
  onlyKeys(map, 'condition', [...comparisons, 'field']);
  const found = comparisons.flatMap((comparison) => {
    const part = find(map, comparison)?.value;
    return part
      ? [{ comparison, value: numberOf(part, comparison, { min: -Number.MAX_VALUE, max: Number.MAX_VALUE }) }]
      : [];
  });
  if (found.length > 0) return found;
  throw new Refused('missing', `condition: one of ${comparisons.join(', ')} is missing`, map);
}

function valuesOf(map: MapPart, type: CorrelationDraft['type'], limits: RuleLimits): Said[] {
  const entry = find(map, 'field');
  if (type === 'value_count' || type === 'value_sum') {
    const values = namesOf(needed(map, 'field', 'condition: '), 'field', limits);
    if (type === 'value_sum' && values.length > 1) {
      throw new Refused('invalid', 'value_sum adds up one field', entry!.value);
    }
    return values;
  }
  if (entry) throw new Refused('invalid', `condition: ${type} has no field`, entry);
  return [];
}

function aliasesOf(part: Part | undefined): CorrelationDraft['aliases'] {
  if (!part) return new Map();
  return new Map(
    mapOf(part, 'aliases').entries.map(({ key, value }) => [
      key,
      new Map(
        mapOf(value, `the alias ${key}`).entries.map((entry) => [
          entry.key,
          { name: textOf(entry.value, `the alias ${key}`, 256), offset: entry.offset },
        ]),
      ),
    ]),
  );
}

function generateOf(part: Part | undefined): boolean {
  if (!part) return false;
  if (part.kind === 'scalar' && typeof part.value === 'boolean') return part.value;
  throw new Refused('invalid', `generate has to be true or false, not ${kindOf(part)}`, part);
}
