import { documentOf } from '../../core/event/document.js';
import type { WireEvent } from '../../core/wire/event.js';
import type { Column, Document, Place } from '../rules/field.js';
import type { DetectionRule } from '../rules/rule.js';
import { compileExpression } from './compile.js';
import { emptyTree, indexAt, lookThrough, type PathTree } from './document-index.js';
import { cheapestKeys, countKeys, type Key, type Popularity } from './keys.js';
import { inJson, keywordTexts } from './keyword.js';
import { createPatternSet } from './pattern-set.js';
import { columnValues, type Value } from './place.js';
import { createPlaceIndex, type PlaceIndex } from './place-index.js';
import type { Predicate } from './value-test.js';
import { createSlots, createView, type View } from './view.js';

/** Finds the rules that match an event without trying them one by one. */
export interface RuleIndex {
  /** The rules whose detection holds of the event, in the order given: exactly those that trying all would find. */
  match(event: WireEvent): DetectionRule[];
  readonly size: number;
  /** Rules that are tried on every event, as nothing they ask for can be looked up. */
  readonly unkeyed: number;
  /** How many detections were tried so far, for metrics. */
  readonly tried: number;
}

/** Fields whose texts come again and again. */
const repeating: ReadonlySet<Column> = new Set<Column>([
  'action',
  'category',
  'details_schema',
  'service',
  'outcome',
  'reason',
  'target_type',
  'actor_type',
  'organization_id',
  'auth_method',
]);

export function createRuleIndex(rules: readonly DetectionRule[]): RuleIndex {
  const columns = new Map<Column, PlaceIndex>();
  const trees = new Map<Document, PathTree>();
  const keywords = { plain: createPatternSet(), json: createPatternSet() };
  const unkeyed: number[] = [];
  const slots = createSlots();
  // Made when first needed: most rules never are.
  const predicates: (Predicate | undefined)[] = Array(rules.length).fill(undefined);
  // By rule: the number of the last event that led to it.
  const seen = new Float64Array(rules.length);
  let events = 0;
  let tried = 0;

  const indexOf = (place: Place): PlaceIndex => {
    if (place.kind === 'column') {
      const known = columns.get(place.column) ?? createPlaceIndex({ repeating: repeating.has(place.column) });
      columns.set(place.column, known);
      return known;
    }
    const tree = trees.get(place.document) ?? emptyTree();
    trees.set(place.document, tree);
    return indexAt(tree, place, () => createPlaceIndex({ repeating: false }));
  };

  const addKey = (key: Key, rule: number): void => {
    if (key.place) indexOf(key.place).add(key, rule);
    else if (key.pattern) {
      keywords.plain.add(key.pattern, rule);
      keywords.json.add({ ...key.pattern, pattern: inJson(key.pattern.pattern) }, rule);
    }
  };

  const popularity: Popularity = new Map();
  for (const { detection } of rules) countKeys(detection.expression, popularity);
  rules.forEach(({ detection }, rule) => {
    const found = cheapestKeys(detection.expression, popularity);
    if (!found) unkeyed.push(rule);
    for (const key of found?.keys ?? []) addKey(key, rule);
  });
  popularity.clear();

  const candidatesOf = (view: View): number[] => {
    const { event } = view;
    events += 1;
    const candidates = [...unkeyed];
    const found = (rule: number): void => {
      if (seen[rule] === events) return;
      seen[rule] = events;
      candidates.push(rule);
    };
    for (const [column, index] of columns) for (const value of columnValues[column](event)) index.look(value, found);
    for (const [document, tree] of trees) {
      const value = documentOf(event, document) as Value | undefined;
      if (value !== undefined) lookThrough(tree, value, found);
    }
    if (keywords.plain.size > 0) {
      for (const { text, lowered, json } of keywordTexts(view)) {
        const fitting = (json ? keywords.json : keywords.plain).fitting(text, lowered);
        for (const rules of fitting) for (const rule of rules) found(rule);
      }
    }
    return candidates.sort((one, other) => one - other);
  };

  return {
    match(event) {
      const view = createView(event);
      const candidates = candidatesOf(view);
      tried += candidates.length;
      const matching: DetectionRule[] = [];
      for (const rule of candidates) {
        const { detection } = rules[rule]!;
        predicates[rule] ??= compileExpression(detection.expression, slots);
        if (predicates[rule](view)) matching.push(rules[rule]!);
      }
      return matching;
    },
    size: rules.length,
    unkeyed: unkeyed.length,
    get tried() {
      return tried;
    },
  };
}
