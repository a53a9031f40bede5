import { firstName, personActor, type Step } from './activity.js';
import type { Company, Person } from './company.js';
import type { Random } from './random.js';

/** What a person should find. */
export interface Attack {
  company: Company;
  victim: Person;
  ip: string;
  /** How many names were tried that do not exist. */
  names: number;
  /** How many wrong passwords came before the right one. */
  passwords: number;
  correlation: string;
  startMs: number;
  endMs: number;
  steps: Step[];
}

const triedNames = [
  'admin',
  'root',
  'test',
  'oracle',
  'guest',
  'backup',
  'postgres',
  'deploy',
  'info',
  'sales',
  'support',
  'office',
];
const attackerAgent = 'python-requests/2.32.3';
const stolenRows = 48_210;

/** Managers, or where roles have changed until there is none, whoever is no owner yet, or anybody. */
function victimsOf({ people }: Company): Company['people'] {
  const choices = [people.filter(({ role }) => role === 'manager'), people.filter(({ role }) => role !== 'owner')];
  return choices.find((choice) => choice.length > 0) ?? people;
}

/**
 * A stranger tries names, then passwords of one account until one fits, makes that account an owner, gives itself an API key and takes
 * the customers away. All of it from one address, within `spanMs`, with at most about `budget` events.
 */
export function planAttack({
  company,
  random,
  ip,
  startMs,
  spanMs,
  budget,
}: {
  company: Company;
  random: Random;
  ip: string;
  startMs: number;
  spanMs: number;
  budget: number;
}): Attack {
  const victim = random.pick(victimsOf(company));
  const names = Math.max(3, Math.min(triedNames.length, Math.floor(budget / 5)));
  const passwords = Math.max(8, Math.min(44, budget - names - 7));
  const correlation = `flow_${random.hex(12)}`;
  const origin = { ip, user_agent: attackerAgent, service: 'identity' };
  const at = (share: number): number => Math.round(share * spanMs);

  const spray = triedNames.slice(0, names).map(
    (name, nth): Step => ({
      afterMs: at((0.2 * nth) / names),
      event: {
        ...origin,
        action: 'auth.login_failed',
        actor: { type: 'anonymous', name: `${name}@${company.domain}` },
        outcome: 'failure',
        reason: 'invalid_user',
        auth_method: 'password',
        message: `Somebody tried the name ${name}, which does not exist`,
      },
    }),
  );
  const guesses = Array.from(
    { length: passwords },
    (_, nth): Step => ({
      afterMs: at(0.22 + (0.5 * nth) / passwords),
      event: {
        ...origin,
        action: 'auth.login_failed',
        actor: personActor(victim),
        outcome: 'failure',
        reason: 'bad_password',
        auth_method: 'password',
        message: `${firstName(victim)} gave a wrong password`,
      },
    }),
  );

  const session = { ip, user_agent: attackerAgent, actor: personActor(victim), correlation_id: correlation };
  const key = { type: 'api_key', id: `ak_${random.hex(12)}`, name: 'sync2' };
  const copy = { type: 'export', id: `exp_${random.hex(8)}`, name: 'customers' };
  const who = firstName(victim);
  const before = { role: victim.role };
  victim.reserved = true;
  const taking: Step[] = [
    {
      afterMs: at(0.74),
      event: {
        ...session,
        action: 'auth.login',
        target: { type: 'session', id: correlation },
        auth_method: 'password',
        service: 'identity',
        message: `${who} logged in by password`,
      },
    },
    {
      afterMs: at(0.8),
      event: {
        ...session,
        action: 'member.role_changed',
        target: { type: 'member', id: victim.id, name: victim.email },
        before,
        after: { role: 'owner' },
        service: 'workspace',
        message: `${who} made ${victim.email} an owner`,
      },
    },
    {
      afterMs: at(0.85),
      event: {
        ...session,
        action: 'api_key.created',
        target: key,
        after: { permissions: ['*'] },
        service: 'identity',
        message: `${who} made the API key ${key.name}`,
      },
    },
    {
      afterMs: at(0.9),
      event: {
        ...session,
        action: 'export.requested',
        target: copy,
        service: 'workspace',
        message: `${who} asked for an export of all customers`,
      },
    },
    {
      afterMs: at(1),
      event: {
        action: 'export.completed',
        actor: { type: 'service', id: 'svc_exporter' },
        target: copy,
        correlation_id: correlation,
        service: 'exporter',
        details: { rows: stolenRows },
        message: `${stolenRows} rows of customers were exported`,
      },
    },
  ];
  const steps = [...spray, ...guesses, ...taking];
  return { company, victim, ip, names, passwords, correlation, startMs, endMs: startMs + spanMs, steps };
}
