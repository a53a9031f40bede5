import type { MapPart, Part } from './document.js';
import type { InhibitionDraft, Said } from './draft.js';
import { durationUs } from './duration.js';
import type { Extensions, ImpossibleTravel, NewValue, OffHours } from './extensions.js';
import { Refused } from './fault.js';
import type { Field } from './field.js';
import type { RuleLimits } from './limits.js';
import { find, given, isText, itemsOf, kindOf, mapOf, needed, numberOf, onlyKeys, textOf } from './parts.js';
import { fieldOf } from './selection.js';
import { ownField } from './sources/build.js';
import type { Source } from './sources/index.js';
import { timeZoneOf } from './time-zone.js';

/** What a rule asks for under `custom_attributes`. */
export interface Attributes {
  extensions: Extensions;
  actions: readonly string[];
  inhibitedBy?: InhibitionDraft;
  /** `alerts: false`: the rule is there for correlations alone, whether or not one refers to it. */
  hidden?: true;
}

export const attributeNames = [
  'new_value',
  'impossible_travel',
  'off_hours',
  'suppress',
  'grace',
  'timezone',
  'resolve_after',
  'actions',
  'inhibited_by',
  'alerts',
  // Read by ../rule-tests, which runs them.
  'tests',
] as const;

interface Of {
  limits: RuleLimits;
  /** Absent in a correlation, which has events of several sources. */
  source?: Source;
}

export function readAttributes(map: MapPart | undefined, { limits, source }: Of): Attributes {
  if (!map) return { extensions: {}, actions: [] };
  onlyKeys(map, 'custom_attributes', attributeNames);
  const zone = given(map, 'timezone');
  const timeZone = zone && timeZoneOf(zone, 'timezone');
  const duration = (name: string): number | undefined => {
    const part = given(map, name);
    return part && durationUs(part, name, { maxUs: limits.timespanUs });
  };
  const judged = (name: string): { part: Part; source: Source } | undefined => {
    const part = given(map, name);
    if (!part) return undefined;
    if (source) return { part, source };
    throw new Refused('unsupported', `${name} is for rules with a detection: put it into the rule referred to`, part);
  };
  const fresh = judged('new_value');
  const travel = judged('impossible_travel');
  if (fresh && travel) {
    throw new Refused('unsupported', 'new_value and impossible_travel cannot both be in one rule', travel.part);
  }
  const hours = given(map, 'off_hours');
  const actions = given(map, 'actions');
  const inhibited = given(map, 'inhibited_by');
  return {
    extensions: defined({
      newValue: fresh && newValue(fresh.part, fresh.source, limits),
      impossibleTravel: travel && impossibleTravel(travel.part, travel.source, limits),
      offHours: hours && offHours(hours, timeZone ?? 'UTC'),
      suppressUs: duration('suppress'),
      graceUs: duration('grace'),
      timeZone,
      resolveAfterUs: duration('resolve_after'),
    }),
    actions: actions ? readActions(actions) : [],
    ...(inhibited ? { inhibitedBy: readInhibition(inhibited) } : {}),
    ...(alertsOf(given(map, 'alerts')) ? {} : { hidden: true }),
  };
}

const defined = (extensions: { [K in keyof Extensions]: Extensions[K] | undefined }): Extensions =>
  Object.fromEntries(Object.entries(extensions).filter(([, value]) => value !== undefined)) as Extensions;

function alertsOf(part: Part | undefined): boolean {
  if (!part) return true;
  if (part.kind === 'scalar' && typeof part.value === 'boolean') return part.value;
  throw new Refused('invalid', `alerts has to be true or false, not ${kindOf(part)}`, part);
}

/** Names of channels, or of kinds of channels. */
export function readActions(part: Part): string[] {
  const names = itemsOf(part).map((item) => textOf(item, 'actions', 128));
  if (names.length > 16) throw new Refused('limit', `${names.length} actions, at most 16`, part);
  return [...new Set(names)];
}

/** `inhibited_by: other_rule`, a list of them, or `{rules: …, equal: [ip]}`. */
export function readInhibition(part: Part): InhibitionDraft {
  const map = part.kind === 'map' ? part : undefined;
  if (map) onlyKeys(map, 'inhibited_by', ['rules', 'equal']);
  const said = (item: Part, what: string): Said => ({ name: textOf(item, what, 256), offset: item.offset });
  const rules = itemsOf(map ? needed(map, 'rules', 'inhibited_by: ') : part);
  const equal = map && given(map, 'equal');
  for (const [what, items] of [
    ['rules', rules],
    ['fields', equal ? itemsOf(equal) : []],
  ] as const) {
    if (items.length > 16) throw new Refused('limit', `inhibited_by has ${items.length} ${what}, at most 16`, part);
  }
  if (rules.length === 0) throw new Refused('missing', 'inhibited_by names no rule', part);
  return {
    rules: rules.map((item) => said(item, 'inhibited_by')),
    ...(equal ? { equal: itemsOf(equal).map((item) => said(item, 'inhibited_by: equal')) } : {}),
  };
}

/** `group_by` of an extension: some fields, or the actor. */
function groupOf(map: MapPart, { source, limits }: Required<Of>): Field[] {
  const entry = find(map, 'group_by') ?? find(map, 'group-by');
  if (!entry) return [ownField('actor.id')];
  const fields = itemsOf(entry.value).map((item) => fieldOf(textOf(item, 'group_by', 256), item, { source, limits }));
  if (fields.length > limits.correlated) {
    throw new Refused('limit', `group_by has ${fields.length} fields, at most ${limits.correlated}`, entry);
  }
  return fields;
}

/** No field of an event: it is worked out of the address, and only here. */
const countryOfAddress = 'ip.country';

function newValue(part: Part, source: Source, limits: RuleLimits): NewValue {
  const map = mapOf(part, 'new_value');
  onlyKeys(map, 'new_value', ['field', 'group_by', 'group-by', 'learning', 'window']);
  const name = needed(map, 'field', 'new_value: ');
  const country = textOf(name, 'new_value: field', 256) === countryOfAddress;
  const learning = given(map, 'learning') ?? needed(map, 'window', 'new_value: ');
  return {
    field: country ? ownField('ip') : fieldOf(textOf(name, 'new_value: field', 256), name, { source, limits }),
    of: country ? 'country' : 'text',
    groupBy: groupOf(map, { source, limits }),
    learningUs: durationUs(learning, 'new_value: learning', { maxUs: limits.learningUs }),
  };
}

const defaultTravel = { speedKmh: 900, distanceKm: 100, withinUs: 86_400_000_000 };

function impossibleTravel(part: Part, source: Source, limits: RuleLimits): ImpossibleTravel {
  if (part.kind === 'scalar' && part.value === true) return { groupBy: [ownField('actor.id')], ...defaultTravel };
  const map = mapOf(part, 'impossible_travel');
  onlyKeys(map, 'impossible_travel', ['group_by', 'group-by', 'speed_kmh', 'distance_km', 'window']);
  const speed = given(map, 'speed_kmh');
  const distance = given(map, 'distance_km');
  const within = given(map, 'window');
  return {
    groupBy: groupOf(map, { source, limits }),
    speedKmh: speed ? numberOf(speed, 'speed_kmh', { min: 1, max: 100_000 }) : defaultTravel.speedKmh,
    distanceKm: distance ? numberOf(distance, 'distance_km', { min: 0, max: 20_100 }) : defaultTravel.distanceKm,
    withinUs: within ? durationUs(within, 'window', { maxUs: limits.timespanUs }) : defaultTravel.withinUs,
  };
}

const dayNames = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

function offHours(part: Part, ruleZone: string): OffHours {
  const workWeek = { days: [1, 2, 3, 4, 5], fromMinute: 8 * 60, toMinute: 18 * 60, holidays: [] };
  if (part.kind === 'scalar' && part.value === true) return { timeZone: ruleZone, ...workWeek };
  const map = mapOf(part, 'off_hours');
  onlyKeys(map, 'off_hours', ['timezone', 'days', 'hours', 'holidays']);
  const zone = given(map, 'timezone');
  const days = given(map, 'days');
  const hours = given(map, 'hours');
  const holidays = given(map, 'holidays');
  return {
    timeZone: zone ? timeZoneOf(zone, 'off_hours: timezone') : ruleZone,
    ...workWeek,
    ...(days ? { days: daysOf(days) } : {}),
    ...(hours ? hoursOf(hours) : {}),
    ...(holidays ? { holidays: itemsOf(holidays).map(holidayOf) } : {}),
  };
}

/** `[mon, tue]`, `mon-fri`. */
function daysOf(part: Part): number[] {
  const days = itemsOf(part).flatMap((item) => {
    const text = textOf(item, 'off_hours: days', 16).toLowerCase();
    const [from = -1, to = from] = text.split('-').map((name) => dayNames.indexOf(name.trim().slice(0, 3)));
    if (from < 0 || to < from) {
      throw new Refused('invalid', `off_hours: days ${JSON.stringify(text)}: write mon-fri or a list of days`, item);
    }
    return Array.from({ length: to - from + 1 }, (_, index) => from + index + 1);
  });
  return [...new Set(days)].sort();
}

/** `08:00-18:00`. */
function hoursOf(part: Part): { fromMinute: number; toMinute: number } {
  const match = isText(part) ? /^(\d{1,2}):(\d\d)\s?-\s?(\d{1,2}):(\d\d)$/.exec(part.value) : null;
  const [fromHour = 99, fromMinute = 99, toHour = 99, toMinute = 99] = match?.slice(1).map(Number) ?? [];
  const from = fromHour * 60 + fromMinute;
  const to = toHour * 60 + toMinute;
  if (fromMinute > 59 || toMinute > 59 || from > 1_440 || to > 1_440 || from === to) {
    throw new Refused('invalid', `off_hours: hours has to be like "08:00-18:00", not ${kindOf(part)}`, part);
  }
  return { fromMinute: from, toMinute: to };
}

function holidayOf(part: Part): string {
  const text = textOf(part, 'off_hours: holidays', 10);
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new Refused('invalid', `off_hours: holidays ${JSON.stringify(text)} is no day (2025-12-25)`, part);
}
