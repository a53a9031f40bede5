import type { CanonicalFault, EventReason, RecordReason } from '../faults.js';
import type { JudgeContext } from '../wire-types.js';
import type { ContextName } from './contexts.js';
import type { RulingName } from './rulings.js';

/** One record, one context, one verdict. */
export interface JudgedVector {
  name: string;
  context: ContextName;
  value: Buffer;
  /** The reason that quarantines the whole record, or null. */
  record: RecordReason | null;
  /** One item per event: the reason that quarantines it, or null. Empty where the record is quarantined. */
  events: (EventReason | null)[];
  /** What is wrong with the encoding, for the reader of a failure; not part of the verdict. */
  fault?: CanonicalFault;
  /** The ruling that decides this vector where the format's first words left it open. */
  ruling?: RulingName;
}

/** A judged vector before its context is named, with the faults spelled once. */
export type Expectation = Omit<JudgedVector, 'name' | 'value' | 'context'> & { context?: ContextName };

export function judged(name: string, value: Buffer, expect: Expectation): JudgedVector {
  const { context = 'standard', ...rest } = expect;
  return { name, context, value, ...rest };
}

/** A record all of whose `events` events are accepted. */
export function accepted(
  name: string,
  value: Buffer,
  { events, ...more }: Omit<Partial<Expectation>, 'events'> & { events: number },
): JudgedVector {
  return judged(name, value, { ...more, record: null, events: Array<null>(events).fill(null) });
}

export function refused(
  name: string,
  value: Buffer,
  record: RecordReason,
  more: Partial<Expectation> = {},
): JudgedVector {
  return judged(name, value, { ...more, record, events: [] });
}

/** A record of one event, which alone is quarantined. */
export function refusedEvent(
  name: string,
  value: Buffer,
  reason: EventReason,
  more: Partial<Expectation> = {},
): JudgedVector {
  return judged(name, value, { ...more, record: null, events: [reason] });
}

export type Contexts = Record<ContextName, JudgeContext>;
