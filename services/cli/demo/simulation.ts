import { type EventInput, formatTimestampUs } from '../../core/event/index.js';
import { accessActivities } from './activities/access.js';
import { administration } from './activities/administration.js';
import { machineActivities } from './activities/machines.js';
import { sessionWork } from './activities/work.js';
import type { Activity, Scene, Step } from './activity.js';
import { type Attack, planAttack } from './attack.js';
import { type Company, createCompanies, presence } from './company.js';
import { createDueQueue } from './due-queue.js';
import { createRandom, type Random } from './random.js';

/**
 * A made-up day of a few organizations. People and projects are always the same; what they do hangs on the seed, and is the same for the
 * same seed and the same calls.
 */
export interface Simulation {
  readonly companies: readonly Company[];
  readonly attacks: readonly Attack[];
  /** The next event, at this time: one that is due, or the first of something new. Times must not fall. */
  next(atMs: number): EventInput;
  /** Lets something begin at this time. */
  begin(atMs: number): void;
  /** What is due before a time, each event at its own. */
  due(beforeMs: number): Generator<EventInput>;
  /** How busy it is at a time; only against other times. */
  activityAt(atMs: number): number;
  /** Lets a stranger attack, from `startMs` on. */
  attack(options: { startMs: number; spanMs: number; budget: number }): Attack;
}

interface Planned {
  company: Company;
  event: Step['event'];
}

/** How many machines' worth of activity each organization has, against one person at work. */
const machineShare = 3;
/** So many events may wait for their time. At a rate that would make more of them, those that wait come sooner. */
const mostWaiting = 100_000;
const attackerAddresses = ['198.51.100.66', '203.0.113.201', '192.0.2.188'];

export function createSimulation(seed: string): Simulation {
  const random = createRandom(seed);
  const companies = createCompanies(createRandom('sealstream'));
  const due = createDueQueue<Planned>();
  const attacks: Attack[] = [];
  const people = [
    ...accessActivities({ chooser: atWork, work: sessionWork }).map((activity) => ({
      ...activity,
      weight: activity.weight * 2,
    })),
    ...administration,
  ];

  const eventAt = (atMs: number, { company, event }: Planned): EventInput => ({
    ...(typeof event === 'function' ? event() : event),
    organization_id: company.id,
    occurred_at: formatTimestampUs(atMs * 1_000 + random.between(0, 999)),
  });

  const begin = (company: Company, steps: readonly Step[], startMs: number): void => {
    for (const { afterMs, event } of steps) due.add(startMs + afterMs, { company, event });
  };

  const start = (atMs: number): void => {
    const company = random.weighted(companies, (one) => busyness(one, atMs));
    const scene: Scene = { company, random, atMs };
    const byPeople = random.chance(humans(company, atMs) / busyness(company, atMs));
    const possible = (byPeople ? people : machineActivities).filter(({ possible: can = () => true }) => can(scene));
    const activity: Activity = random.weighted(possible, ({ weight }) => weight);
    begin(company, activity.steps(scene), atMs);
  };

  return {
    companies,
    attacks,
    begin: start,
    next(atMs) {
      if (due.firstMs > atMs && due.size < mostWaiting) start(atMs);
      // What had to wait for its turn has not happened before it.
      return eventAt(atMs, due.take().value);
    },
    *due(beforeMs) {
      while (due.firstMs < beforeMs) {
        const { atMs, value } = due.take();
        yield eventAt(atMs, value);
      }
    },
    activityAt: (atMs) => companies.reduce((sum, company) => sum + busyness(company, atMs), 0),
    attack({ startMs, spanMs, budget }) {
      const company = companies[attacks.length % companies.length]!;
      const ip = attackerAddresses[attacks.length % attackerAddresses.length]!;
      const planned = planAttack({ company, random, ip, startMs, spanMs, budget });
      attacks.push(planned);
      begin(company, planned.steps, startMs);
      return planned;
    },
  };
}

const humans = ({ people }: Company, atMs: number): number =>
  people.reduce((sum, person) => sum + presence(person, atMs), 0);

const busyness = (company: Company, atMs: number): number => humans(company, atMs) + machineShare;

/** Somebody, more likely one who is at work. */
const atWork = ({ company, random, atMs }: { company: Company; random: Random; atMs: number }) =>
  random.weighted(company.people, (person) => presence(person, atMs));
