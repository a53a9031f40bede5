import { attributeNames, readActions, readAttributes } from './attributes.js';
import type { MapPart, Part } from './document.js';
import type { Draft, Said } from './draft.js';
import { durationUs } from './duration.js';
import { Refused } from './fault.js';
import { idOf, madeId } from './identity.js';
import { given, isNothing, itemsOf, mapOf, needed, oneOf, onlyKeys, textOf } from './parts.js';
import { type ComparisonName, levels } from './rule.js';
import { ruleText, type Setting } from './sigma.js';
import { readFilter } from './simple-filter.js';
import { sourceOf } from './sources/index.js';

const textKeys = ['description', 'author', 'references', 'tags'];
const keys = ['name', 'id', 'level', 'severity', ...textKeys, 'filter', 'condition', 'window', 'groupBy', 'group_by'];

/** Whether a document is in the simple form: `{name, filter, condition, actions}`. */
export const isSimple = (map: MapPart): boolean =>
  map.entries.some(({ key }) => key === 'filter') &&
  !map.entries.some(
    ({ key }) => key === 'title' || key === 'logsource' || key === 'detection' || key === 'correlation',
  );

/**
 * A document in the simple form. Without a condition every event that the filter lets through is a hit; with one it is a correlation of
 * them: `condition: {count: "> 5", window: "5m", groupBy: "user"}`.
 */
export function readSimple(map: MapPart, { limits, warn }: Setting): Draft[] {
  onlyKeys(map, 'a rule', [...keys, ...attributeNames, 'custom_attributes']);
  const title = textOf(needed(map, 'name'), 'name', 256);
  const logSource = { product: 'sealstream' };
  const source = sourceOf(logSource);
  const { attributes, judged, actions } = attributesOf(map);
  const { extensions, inhibitedBy, hidden = false } = readAttributes(attributes, { limits, source });
  const timeZone = extensions.timeZone ?? 'UTC';
  const filter = mapOf(needed(map, 'filter'), 'filter');
  const expression = readFilter(filter, { source, limits, timeZone, warn });
  const idPart = given(map, 'id');
  const id = idPart ? idOf(idPart, 'id') : madeId(title);
  const levelPart = given(map, 'level') ?? given(map, 'severity');
  const base = {
    form: 'simple' as const,
    level: levelPart ? oneOf(levelPart, 'level', levels) : ('medium' as const),
    logSource,
    text: ruleText(map, title),
    actions,
    hidden,
    offset: map.offset,
  };
  const quiet = inhibitedBy ? { inhibitedBy } : {};
  const detection = { ...base, kind: 'detection' as const, detection: { expression }, source };
  const condition = given(map, 'condition');
  if (!condition) return [{ ...detection, ...quiet, id, name: title, extensions }];
  if (judged) {
    throw new Refused('unsupported', 'new_value and impossible_travel cannot stand beside a condition', judged);
  }
  const below = `${id}:filter`;
  return [
    { ...detection, id: below, name: undefined, extensions: {}, actions: [], hidden: true },
    {
      ...base,
      ...quiet,
      id,
      name: title,
      extensions,
      kind: 'correlation',
      correlation: correlationOf(map, condition, { below, maxUs: limits.timespanUs }),
    },
  ];
}

/** Extensions may stand in the rule itself, or below `custom_attributes`. */
function attributesOf(map: MapPart): {
  attributes: MapPart;
  judged: MapPart['entries'][number] | undefined;
  actions: string[];
} {
  const below = given(map, 'custom_attributes');
  const own = map.entries.filter(({ key }) => (attributeNames as readonly string[]).includes(key));
  const entries = [...own, ...(below ? mapOf(below, 'custom_attributes').entries : [])];
  const attributes: MapPart = { kind: 'map', offset: map.offset, entries };
  const actions = given(attributes, 'actions');
  const judged = entries.find(({ key }) => key === 'new_value' || key === 'impossible_travel');
  return { attributes, judged, actions: actions ? readActions(actions) : [] };
}

interface Count {
  comparison: ComparisonName;
  value: number;
}

function correlationOf(
  map: MapPart,
  condition: Part,
  { below, maxUs }: { below: string; maxUs: number },
): Extract<Draft, { kind: 'correlation' }>['correlation'] {
  const inner: MapPart = condition.kind === 'map' ? condition : { kind: 'map', offset: condition.offset, entries: [] };
  const either = (...names: string[]): Part | undefined =>
    names.map((name) => given(inner, name) ?? given(map, name)).find((part) => part !== undefined);
  const window = either('window', 'timespan', 'within');
  if (!window) throw new Refused('missing', 'condition: window is missing, for example "5m"', condition);
  const groups = either('groupBy', 'group_by', 'group-by');
  const distinct = given(inner, 'distinct');
  const said = (part: Part): Said[] =>
    itemsOf(part).map((item) => ({ name: textOf(item, 'condition', 256), offset: item.offset }));
  return {
    type: distinct ? 'value_count' : 'event_count',
    rules: [{ name: below, offset: map.offset }],
    groupBy: groups ? said(groups) : [],
    aliases: new Map(),
    timespanUs: durationUs(window, 'condition: window', { maxUs }),
    condition: [condition.kind === 'map' ? countOf(inner) : countText(textOf(condition, 'condition', 64), condition)],
    values: distinct ? said(distinct) : [],
    generate: false,
  };
}

const known = ['window', 'timespan', 'within', 'groupBy', 'group_by', 'group-by', 'distinct'];

/** `count: 5`, `count: "> 5"`, `count: {">": 5}`, `"count >": 5`, and `count > 5` as a key of its own. */
function countOf(map: MapPart): Count {
  const counts = map.entries.filter(({ key }) => !known.includes(key));
  const [entry, second] = counts;
  if (!entry) throw new Refused('missing', 'condition: count is missing, for example "count": "> 5"', map);
  if (second)
    throw new Refused('unknown_key', `condition has no ${JSON.stringify(second.key)} beside the count`, second);
  const { key, value } = entry;
  const whole = isNothing(value) || (value.kind === 'scalar' && value.value === true) ? key : undefined;
  if (whole !== undefined) return countText(whole, entry);
  if (value.kind === 'map') {
    const [operator, another] = value.entries;
    if (!operator || another) throw new Refused('invalid', 'condition: count has one comparison', value);
    return countText(`${key} ${operator.key} ${textOf(operator.value, 'count', 32)}`, operator);
  }
  return countText(`${key} ${textOf(value, 'count', 32)}`, value);
}

const operators: Readonly<Record<string, ComparisonName>> = {
  '>': 'gt',
  '>=': 'gte',
  '<': 'lt',
  '<=': 'lte',
  '=': 'eq',
  '==': 'eq',
  '!=': 'neq',
  gt: 'gt',
  gte: 'gte',
  lt: 'lt',
  lte: 'lte',
  eq: 'eq',
  neq: 'neq',
  '': 'gte',
};

/** A bare number is the least count. */
function countText(text: string, at: { offset: number }): Count {
  const match = /^count\s*([<>=!]*|[gln]te?|eq|neq)\s*(\d{1,9})$/.exec(text.trim());
  const comparison = match && Object.hasOwn(operators, match[1]!) ? operators[match[1]!] : undefined;
  if (comparison) return { comparison, value: Number(match![2]) };
  throw new Refused('invalid', `condition ${JSON.stringify(text)}: write count > 5, or "count": "> 5"`, at);
}
