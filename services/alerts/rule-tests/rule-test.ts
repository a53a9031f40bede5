import type { WireEvent } from '../../core/wire/event.js';
import type { Rule } from '../rules/rule.js';
import type { Place } from '../windows/match.js';

/** A test that a rule carries: what happened, and which alerts of that rule it has to give. */
export interface RuleTest {
  name: string;
  rule: Rule;
  /** In the order written. */
  events: readonly TestEvent[];
  /** By address. Of others nothing is known. */
  places: ReadonlyMap<string, Place>;
  /** Exactly these, in any order. */
  alerts: readonly ExpectedAlert[];
  origin: { source: string; line: number };
}

export interface TestEvent {
  event: WireEvent;
  /** When its record was appended, µs since 1970. */
  appendTimeUs: number;
}

/** What is said of an alert; what is not given may be anything. */
export interface ExpectedAlert {
  /** By the names that the rule groups by. */
  group?: ReadonlyMap<string, string>;
  organization?: string;
  /** The first and the last hit, µs since 1970. */
  atUs?: number;
  untilUs?: number;
  /** Events that it is about. */
  count?: number;
  /** Events at which the condition held. */
  hits?: number;
}

/** An alert that a test gave. */
export interface FoundAlert {
  group: ReadonlyMap<string, string>;
  organization: string;
  atUs: number;
  untilUs: number;
  count: number;
  hits: number;
}

export interface TestResult {
  test: RuleTest;
  passed: boolean;
  /** Expected and not found. */
  missing: readonly ExpectedAlert[];
  /** Found and not expected. */
  unexpected: readonly FoundAlert[];
  /** Why events that the rule lets through took no part, and how many: they often explain what is missing. */
  leftOut: Readonly<Record<string, number>>;
}
