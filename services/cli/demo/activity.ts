import type { EventInput } from '../../core/event/index.js';
import type { ApiKey, Company, Person } from './company.js';
import type { Random } from './random.js';

/** An event without what is filled in when it is due. */
export type DueEvent = Omit<EventInput, 'occurred_at' | 'organization_id'>;

/** One event of an activity, so long after the activity began. */
export interface Step {
  afterMs: number;
  /** A function is asked once the event is due: what it changes may have been changed by others in the meantime. */
  event: DueEvent | (() => DueEvent);
}

export interface Scene {
  company: Company;
  random: Random;
  /** For random numbers that shall not be looked up again: correlation, session and request ids. */
  atMs: number;
}

/** Something that people or machines do, in one or more events. */
export interface Activity {
  /** How often, against the others. */
  weight: number;
  /** Whether it can happen now. */
  possible?: (scene: Scene) => boolean;
  steps: (scene: Scene) => Step[];
}

export const personActor = ({ id, name, email }: Person): NonNullable<EventInput['actor']> => ({
  type: 'user',
  id,
  name,
  email,
});

export const keyActor = ({ id, name }: ApiKey): NonNullable<EventInput['actor']> => ({ type: 'api_token', id, name });

export const serviceActor = (service: string): NonNullable<EventInput['actor']> => ({
  type: 'service',
  id: `svc_${service}`,
});

/** Where a person's request comes from. */
export const from = ({ ip, userAgent }: Person): { ip: string; user_agent: string } => ({ ip, user_agent: userAgent });

export const personTarget = ({ id, email }: Person): NonNullable<EventInput['target']> => ({
  type: 'member',
  id,
  name: email,
});

export const firstName = ({ name }: Person): string => name.split(' ')[0]!;
