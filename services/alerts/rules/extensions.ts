import type { Field } from './field.js';

/** What a rule asks for beyond Sigma, under `custom_attributes`. Parsed and checked here, judged elsewhere. */
export interface Extensions {
  newValue?: NewValue;
  impossibleTravel?: ImpossibleTravel;
  offHours?: OffHours;
  /** For so long after a finding of a group has begun, no further one of that group is. */
  suppressUs?: number;
  /** How far behind its event's time a record may be appended; see docs/decisions/0030-alerts.md. */
  graceUs?: number;
  /** IANA name; that of `hour` and the like, and of off_hours. UTC where absent. */
  timeZone?: string;
  /** A finding ends when so long nothing more was hit. */
  resolveAfterUs?: number;
}

/** A hit only where the field's value was not seen within the learning window before, in the group. */
export interface NewValue {
  field: Field;
  /** `ip.country`: not the address counts but the country that it is in. */
  of: 'text' | 'country';
  groupBy: readonly Field[];
  learningUs: number;
}

/** A hit only where the way from the group's event before cannot be gone in the time between. */
export interface ImpossibleTravel {
  groupBy: readonly Field[];
  /** Faster than this is impossible. */
  speedKmh: number;
  /** Nearer than this is never a journey: places of addresses are inexact. */
  distanceKm: number;
  /** Events further apart are not compared. */
  withinUs: number;
}

/** A hit only outside of working hours. */
export interface OffHours {
  timeZone: string;
  /** Working days, Monday is 1. */
  days: readonly number[];
  /** Working hours in minutes since midnight: from (included) to (excluded); over midnight where `to` is less. */
  fromMinute: number;
  toMinute: number;
  /** Days on which nobody works, `2025-12-25`. */
  holidays: readonly string[];
}
