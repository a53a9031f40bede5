import { createHash } from 'node:crypto';
import type { WireEvent } from '../../core/wire/event.js';
import { formatUuid } from '../../core/wire/uuid.js';
import { createFieldReader, type FieldReader } from '../match/field-reader.js';
import type { Field } from '../rules/field.js';
import type { CorrelatedField, CorrelationRule, DetectionRule, Rule } from '../rules/rule.js';
import type { JudgedWindow } from './group.js';
import type { Entry, MatchValue, Place } from './match.js';
import { createOffHours } from './off-hours.js';
import { isEarly } from './window.js';

/** Where an address is; undefined where nobody knows. Coordinates may be missing where the country is known. */
export type Locate = (ip: string) => Place | undefined;

/** A rule that has a window: hits of other rules, or of its own detection, come in, and its hits are findings or go on. */
export interface PlannedWindow extends JudgedWindow {
  rule: Rule;
  /** What the group's values are, without the organization, which is always the first of them. */
  groupNames: readonly string[];
  early: boolean;
  /** An event appended so long after its own time, or later, takes no part. µs. */
  graceUs: number;
  /** How far behind the least append time this window is settled: its grace, or longer where it waits for others. µs. */
  lagUs: number;
}

/** Why something of an event took no part. */
export type Left = 'late' | 'no_group' | 'no_value' | 'no_place';

export interface WindowPlan {
  /** By rule id; a rule comes after those whose hits it takes. */
  windows: ReadonlyMap<string, PlannedWindow>;
  /** The entries of an event that these detections matched. */
  entriesOf(
    event: WireEvent,
    matching: readonly DetectionRule[],
    appendTimeUs: number,
    onLeft?: (left: Left, rule: string) => void,
  ): Entry[];
}

const minuteUs = 60_000_000;
export const defaultTimes = {
  graceUs: 10 * minuteUs,
  /** A run of single events ends when an hour passed without another. */
  eachResolveAfterUs: 60 * minuteUs,
  /** A run of a correlation ends after its own timespan, but not sooner than this. */
  leastResolveAfterUs: 5 * minuteUs,
};

/** Values beyond this length are told apart by their digest. */
const valueLength = 200;

/** Plans the windows of a set of rules. `activeFromUs` says since when a rule's hits are findings: always, where it is not given. */
export function planWindows(
  rules: readonly Rule[],
  {
    locate,
    activeFromUs = () => Number.NEGATIVE_INFINITY,
  }: { locate?: Locate | undefined; activeFromUs?: (rule: Rule) => number } = {},
): WindowPlan {
  const ruleById = new Map(rules.map((rule) => [rule.id, rule]));
  const above = new Map<string, { correlation: CorrelationRule; input: number }[]>();
  for (const rule of rules) {
    if (rule.kind !== 'correlation') continue;
    rule.correlation.rules.forEach((id, input) => {
      above.set(id, [...(above.get(id) ?? []), { correlation: rule, input }]);
    });
  }
  const windows = new Map<string, PlannedWindow>();
  const place = (rule: Rule): void => {
    if (windows.has(rule.id)) return;
    const inputs = rule.kind === 'correlation' ? rule.correlation.rules : [];
    for (const id of inputs) place(ruleById.get(id)!);
    if (rule.kind === 'detection' && !rule.alerts && !isStateful(rule)) return;
    const below = inputs.map((id) => windows.get(id)?.lagUs ?? 0);
    windows.set(rule.id, windowOf(rule, { activeFromUs: activeFromUs(rule), below }));
  };
  for (const rule of rules) place(rule);

  const readers = new Map<Field, FieldReader>();
  const read = (field: Field): FieldReader => {
    const reader = readers.get(field) ?? createFieldReader(field);
    readers.set(field, reader);
    return reader;
  };
  const works = new Map(
    rules.flatMap((rule) =>
      rule.kind === 'detection' && rule.extensions.offHours
        ? [[rule.id, createOffHours(rule.extensions.offHours)] as const]
        : [],
    ),
  );

  return {
    windows,
    entriesOf(event, matching, appendTimeUs, onLeft = () => {}) {
      const behindUs = appendTimeUs - event.body.occurred_at;
      const groupOf = (fields: readonly Field[]): string[] | undefined => {
        const group = [event.body.organization_id];
        for (const field of fields) {
          const text = read(field).text(event);
          if (text === undefined) return undefined;
          group.push(bounded(text));
        }
        return group;
      };
      const fieldIn = (field: CorrelatedField, rule: string, leaf: string): Field => field.of[rule]![leaf]!;

      /** Where hits of the rule at this event go. */
      const feedsOf = (rule: string, leaf: string): Entry[] =>
        (above.get(rule) ?? []).flatMap(({ correlation: outer, input }): Entry[] => {
          const left = (why: Left): Entry[] => {
            onLeft(why, outer.id);
            return [];
          };
          if (behindUs > windows.get(outer.id)!.graceUs) return left('late');
          const { correlation } = outer;
          const group = groupOf(correlation.groupBy.map((field) => fieldIn(field, rule, leaf)));
          if (!group) return left('no_group');
          const value = entryValue(
            correlation.type,
            correlation.values.map((field) => read(fieldIn(field, rule, leaf))),
            event,
          );
          if (value === undefined) return left('no_value');
          return [{ rule: outer.id, input, group, value, feeds: feedsOf(outer.id, leaf) }];
        });

      const entriesOfRule = (rule: DetectionRule): Entry[] => {
        const { newValue, impossibleTravel, graceUs = defaultTimes.graceUs } = rule.extensions;
        const left = (why: Left): Entry[] => {
          onLeft(why, rule.id);
          return [];
        };
        if (behindUs > graceUs) return left('late');
        const stateful = newValue ?? impossibleTravel;
        if (!stateful) {
          if (works.get(rule.id)?.(event.body.occurred_at) === false) return [];
          const group = [event.body.organization_id];
          const own = rule.alerts ? [{ rule: rule.id, input: 0, group, value: null, feeds: [] }] : [];
          return [...own, ...feedsOf(rule.id, rule.id)];
        }
        const group = groupOf(stateful.groupBy);
        if (!group) return left('no_group');
        const ofText = newValue?.of === 'text';
        const place = ofText ? undefined : placeOf(event, locate);
        const value = ofText ? textValue(read(newValue.field), event) : newValue ? place?.country : place;
        if (value === undefined) return left(ofText ? 'no_value' : 'no_place');
        return [{ rule: rule.id, input: 0, group, value, feeds: feedsOf(rule.id, rule.id) }];
      };
      return matching.flatMap(entriesOfRule);
    },
  };
}

const isStateful = ({ extensions }: Rule): boolean =>
  extensions.newValue !== undefined || extensions.impossibleTravel !== undefined;

function windowOf(rule: Rule, { activeFromUs, below }: { activeFromUs: number; below: number[] }): PlannedWindow {
  const { newValue, impossibleTravel, offHours, suppressUs = 0, graceUs = defaultTimes.graceUs } = rule.extensions;
  const lagUs = Math.max(graceUs, ...below);
  const common = { rule, graceUs, lagUs, suppressUs, activeFromUs, condition: [], inputs: 1 };
  if (rule.kind === 'correlation') {
    const { type, condition, timespanUs, rules, groupBy } = rule.correlation;
    return {
      ...common,
      kind: type,
      condition,
      inputs: rules.length,
      reachUs: timespanUs,
      offHours,
      early: isEarly({ kind: type, condition }),
      groupNames: groupBy.map(({ name }) => name),
      resolveAfterUs: rule.extensions.resolveAfterUs ?? Math.max(timespanUs, defaultTimes.leastResolveAfterUs),
    };
  }
  const resolveAfterUs = rule.extensions.resolveAfterUs ?? defaultTimes.eachResolveAfterUs;
  const stateful = newValue ?? impossibleTravel;
  if (!stateful) return { ...common, kind: 'each', reachUs: 0, early: true, groupNames: [], resolveAfterUs };
  const own = {
    ...common,
    offHours,
    resolveAfterUs,
    early: false,
    groupNames: stateful.groupBy.map(({ name }) => name),
  };
  if (newValue) return { ...own, kind: 'new_value', reachUs: newValue.learningUs };
  const { withinUs, speedKmh, distanceKm } = impossibleTravel!;
  return { ...own, kind: 'impossible_travel', reachUs: withinUs, travel: { speedKmh, distanceKm } };
}

function entryValue(
  type: CorrelationRule['correlation']['type'],
  readers: readonly FieldReader[],
  event: WireEvent,
): MatchValue | undefined {
  if (type === 'value_sum') return readers[0]!.number(event);
  if (type !== 'value_count') return null;
  if (readers.length === 1) return textValue(readers[0]!, event);
  const texts = readers.map((reader) => reader.text(event));
  return texts.includes(undefined) ? undefined : bounded(JSON.stringify(texts));
}

function textValue(reader: FieldReader, event: WireEvent): string | undefined {
  const text = reader.text(event);
  return text === undefined ? undefined : bounded(text);
}

const ipReader = createFieldReader({ name: 'ip', places: [{ kind: 'column', column: 'ip' }] });

function placeOf(event: WireEvent, locate: Locate | undefined): Place | undefined {
  const ip = ipReader.text(event);
  return ip === undefined ? undefined : locate?.(ip);
}

const bounded = (text: string): string =>
  text.length <= valueLength
    ? text
    : `${text.slice(0, 100)}…${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;

/** The match of an entry, as its window keeps it. */
export const matchOf = ({ body }: WireEvent, { input, value, feeds }: Entry) => ({
  timeUs: body.occurred_at,
  eventId: formatUuid(body.id),
  input,
  value,
  feeds,
});
