import { createTravel } from './impossible-travel.js';
import type { Moment } from './match.js';
import { createNewValue } from './new-value.js';
import { createOrdered } from './temporal-ordered.js';
import { holds, type Window } from './window.js';

/** Sees the moments of one rule and group in order and says at which its condition holds. */
export interface Evaluator {
  step(moment: Moment): boolean;
  /** The events that the newest moment's window holds, oldest first, itself the last. */
  seen(): readonly Pick<Moment, 'timeUs' | 'eventId'>[];
  /** What it must remember of moments that are no longer kept, beside those within reach. */
  memory(): Memory | undefined;
}

/** What comparing with the past needs of it, as data. */
export type Memory =
  | { kind: 'new_value'; seen: readonly (readonly [value: string, lastUs: number])[]; lastUs: number }
  | { kind: 'impossible_travel'; timeUs: number; eventId: string; lat: number; lon: number };

/** `memory` is what an evaluator of the same window left, when moments at or before it are not shown again. */
export function createEvaluator(window: Window, memory?: Memory): Evaluator {
  switch (window.kind) {
    case 'each':
      return createEach();
    case 'new_value':
      return createNewValue(window, memory?.kind === 'new_value' ? memory : undefined);
    case 'impossible_travel':
      return createTravel(window, memory?.kind === 'impossible_travel' ? memory : undefined);
    case 'temporal_ordered':
      return createOrdered(window);
    default:
      return createSliding(window, tallies[window.kind](window.inputs));
  }
}

function createEach(): Evaluator {
  let last: Moment[] = [];
  return {
    step(moment) {
      last = [moment];
      return true;
    },
    seen: () => last,
    memory: () => undefined,
  };
}

/** What a window adds up of the moments in it. */
interface Tally {
  enter(moment: Moment): void;
  leave(moment: Moment): void;
  count(): number;
}

function createSliding({ condition, reachUs }: Window, tally: Tally): Evaluator {
  const inside: Moment[] = [];
  let head = 0;
  return {
    step(moment) {
      while (head < inside.length && inside[head]!.timeUs < moment.timeUs - reachUs) tally.leave(inside[head++]!);
      if (head > 1_024 && head * 2 > inside.length) {
        inside.splice(0, head);
        head = 0;
      }
      inside.push(moment);
      tally.enter(moment);
      return holds(condition, tally.count());
    },
    seen: () => inside.slice(head),
    memory: () => undefined,
  };
}

const tallies: Record<'event_count' | 'value_count' | 'value_sum' | 'temporal', (inputs: number) => Tally> = {
  event_count: () => {
    let events = 0;
    return {
      enter() {
        events += 1;
      },
      leave() {
        events -= 1;
      },
      count: () => events,
    };
  },
  value_count: () => countDistinct(({ matches }) => matches.map(({ value }) => value as string)),
  temporal: () => countDistinct(({ matches }) => matches.map(({ input }) => input)),
  value_sum: () => {
    // Whole numbers add up exactly in any order; of others the sum would depend on what was there before.
    let whole = 0;
    const fractions: number[] = [];
    const numberOf = ({ matches }: Moment): number => matches[0]!.value as number;
    return {
      enter(moment) {
        const value = numberOf(moment);
        if (Number.isSafeInteger(value)) whole += value;
        else fractions.push(value);
      },
      leave(moment) {
        const value = numberOf(moment);
        if (Number.isSafeInteger(value)) whole -= value;
        else fractions.shift();
      },
      count: () => fractions.reduce((sum, value) => sum + value, whole),
    };
  },
};

/** A moment counts for every value it has, as long as one that has it is inside. */
function countDistinct<T>(valuesOf: (moment: Moment) => readonly T[]): Tally {
  const inside = new Map<T, number>();
  return {
    enter(moment) {
      for (const value of valuesOf(moment)) inside.set(value, (inside.get(value) ?? 0) + 1);
    },
    leave(moment) {
      for (const value of valuesOf(moment)) {
        const left = inside.get(value)! - 1;
        if (left > 0) inside.set(value, left);
        else inside.delete(value);
      }
    },
    count: () => inside.size,
  };
}
