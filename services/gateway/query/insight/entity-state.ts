import { isDeepStrictEqual } from 'node:util';

/** A change of an entity that was carried out, wholly or in part, as an event of kind `stateful` tells it. */
export interface Change {
  id: string;
  action: string;
  /** Microseconds since 1970. */
  occurredUs: number;
  /** The outcome `partial`: not all of it was carried out. */
  partly: boolean;
  /** Its content was erased: that something changed is all that is left. */
  erased: boolean;
  /** Undefined where the event says none. */
  before: unknown;
  after: unknown;
}

/** How far a state can be relied on; docs/guides/query.md explains each. */
export type StateStatus = 'exact' | 'approximate' | 'unavailable';

export interface EntityState {
  status: StateStatus;
  /** Null of an entity that was deleted; absent where unavailable. */
  value?: unknown;
  /** Why the status is what it is, in a sentence. */
  reason: string;
  /** The events that the value comes from, the oldest first. */
  basis: { id: string; action: string; occurredUs: number; used: 'before' | 'after' }[];
}

type Basis = EntityState['basis'];

/** What is known behind a change; undefined value: nothing. */
interface Known {
  value: unknown;
  basis: Basis;
  /** Why the value is put together rather than stated; undefined where one event states it. */
  merged: string | undefined;
}

interface Unknown {
  because: string;
}

/** More would be a list that nobody reads. */
const mostBasis = 20;

const deletions = new Set(['deleted', 'removed', 'destroyed', 'terminated', 'dropped', 'purged', 'unset']);

/**
 * The state of an entity behind the last of `past`, its changes up to the time in their order; `next` is the first change after that time,
 * whose `before` confirms the state or contradicts it.
 */
export function stateAfter(past: readonly Change[], next: Change | undefined): EntityState {
  let known: Known | Unknown = { because: 'no change up to that time is recorded' };
  for (const change of past) known = step(known, change);
  return 'because' in known ? fromNext(known, next) : confirmed(known, next);
}

function step(known: Known | Unknown, change: Change): Known | Unknown {
  if (change.erased) return { because: 'the content of the newest change up to that time was erased' };
  if (change.after === undefined) {
    if (!deletes(change)) return { because: 'the newest change up to that time does not say what came of it' };
    return { value: null, basis: [basisOf(change, 'after')], merged: partly(change) };
  }
  const { after, before } = change;
  const earlier = 'because' in known ? undefined : known.value;
  if (!isObject(after) || !isObject(earlier))
    return { value: after, basis: [basisOf(change, 'after')], merged: partly(change) };
  // A member that neither side mentions was not touched: the event tells a part of the entity.
  const mentioned = new Set([...Object.keys(after), ...(isObject(before) ? Object.keys(before) : [])]);
  const untouched = Object.entries(earlier).filter(([name]) => !mentioned.has(name));
  if (untouched.length === 0) return { value: after, basis: [basisOf(change, 'after')], merged: partly(change) };
  return {
    value: Object.fromEntries([...untouched, ...Object.entries(after)]),
    basis: [...(known as Known).basis, basisOf(change, 'after')],
    merged: 'it is put together from changes that each tell a part',
  };
}

/** The state as the past has it, held against what the next change found. */
function confirmed({ value, basis, merged }: Known, next: Change | undefined): EntityState {
  const found = next && !next.erased ? next.before : undefined;
  const differing = found === undefined ? [] : differences(value, found);
  const added =
    isObject(value) && isObject(found) ? Object.entries(found).filter(([name]) => !Object.hasOwn(value, name)) : [];
  const reasons = [
    ...(merged === undefined ? [] : [merged]),
    ...(differing.length > 0
      ? [`the next change found another ${listed(differing)}, so something in between is not recorded`]
      : []),
    ...(added.length > 0 ? [`${listed(added.map(([name]) => name))} is known from the next change only`] : []),
  ];
  if (reasons.length === 0) {
    return answer(
      'exact',
      value,
      'the newest change up to that time states it, and nothing recorded contradicts it',
      basis,
    );
  }
  const whole = added.length > 0 ? Object.fromEntries([...Object.entries(value as object), ...added]) : value;
  const used = added.length > 0 ? [...basis, basisOf(next!, 'before')] : basis;
  return answer('approximate', whole, reasons.join('; '), used);
}

/** The past says nothing: what the next change found is the best that there is. */
function fromNext({ because }: Unknown, next: Change | undefined): EntityState {
  if (!next || next.erased || next.before === undefined) return { status: 'unavailable', reason: because, basis: [] };
  return answer('approximate', next.before, `${because}; this is what the next change found`, [
    basisOf(next, 'before'),
  ]);
}

const answer = (status: StateStatus, value: unknown, reason: string, basis: Basis): EntityState => ({
  status,
  value,
  reason,
  basis: basis.slice(-mostBasis),
});

const basisOf = ({ id, action, occurredUs }: Change, used: 'before' | 'after'): Basis[number] => ({
  id,
  action,
  occurredUs,
  used,
});

const partly = (change: Change): string | undefined =>
  change.partly ? 'the newest change up to that time was carried out in part only' : undefined;

const deletes = ({ action }: Change): boolean => deletions.has(action.split(/[._]/).at(-1)!);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Names of the members that both have and that differ; of values that are no objects, `value`. */
function differences(value: unknown, found: unknown): string[] {
  if (!isObject(value) || !isObject(found)) return isDeepStrictEqual(value, found) ? [] : ['value'];
  return Object.keys(value).filter(
    (name) => Object.hasOwn(found, name) && !isDeepStrictEqual(value[name], found[name]),
  );
}

function listed(names: readonly string[]): string {
  const few = names.slice(0, 5).map((name) => (name.length > 64 ? `${name.slice(0, 63)}…` : name));
  return names.length > few.length ? `${few.join(', ')} and ${names.length - few.length} more` : few.join(', ');
}
