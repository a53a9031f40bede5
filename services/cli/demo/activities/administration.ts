import {
  type Activity,
  type DueEvent,
  firstName,
  from,
  personActor,
  personTarget,
  type Scene,
  type Step,
  serviceActor,
} from '../activity.js';
import { addPerson, createApiKey, type Person, type Role } from '../company.js';

const plans = ['team', 'business', 'enterprise'];
const mostPeople = 60;
const fewestPeople = 6;

const byRole = ({ company: { people } }: Scene, wanted: readonly Role[]): Person[] =>
  people.filter(({ role, reserved }) => wanted.includes(role) && !reserved);
const administrator = (scene: Scene): Person => scene.random.pick(byRole(scene, ['owner', 'admin']));
const others = (scene: Scene): Person[] => byRole(scene, ['viewer', 'member', 'manager']);

/** An event by somebody who runs the organization. */
const act = (person: Person, event: DueEvent, afterMs = 0): Step => ({
  afterMs,
  event: { actor: personActor(person), service: 'workspace', ...from(person), ...event },
});

const memberInvited: Activity = {
  weight: 2,
  possible: ({ company }) => company.people.length < mostPeople,
  steps(scene) {
    const { company, random } = scene;
    const inviter = administrator(scene);
    const { offsetHours } = inviter;
    const invited = addPerson(company, random, { offsetHours, ip: `203.0.113.${random.between(60, 120)}` });
    const correlation_id = `invite_${random.hex(12)}`;
    const target = personTarget(invited);
    return [
      act(inviter, {
        action: 'member.invited',
        target,
        correlation_id,
        details: { role: invited.role },
        message: `${firstName(inviter)} invited ${invited.email}`,
      }),
      act(
        invited,
        { action: 'member.joined', target, correlation_id, message: `${firstName(invited)} joined ${company.name}` },
        random.between(60, 900) * 1_000,
      ),
    ];
  },
};

const memberRemoved: Activity = {
  weight: 0.7,
  possible: (scene) => others(scene).length > fewestPeople,
  steps(scene) {
    const { company, random } = scene;
    const remover = administrator(scene);
    const leaver = random.pick(others(scene));
    company.people = company.people.filter((person) => person !== leaver);
    const before = { role: leaver.role, status: 'active' };
    const event = { action: 'member.removed', target: personTarget(leaver), before, after: { status: 'removed' } };
    return [act(remover, { ...event, message: `${firstName(remover)} removed ${leaver.email}` })];
  },
};

const roleChanged: Activity = {
  weight: 2,
  steps(scene) {
    const { random } = scene;
    const changer = administrator(scene);
    const changed = random.pick(others(scene));
    const before = { role: changed.role };
    changed.role = random.pick((['viewer', 'member', 'manager'] as const).filter((role) => role !== changed.role));
    const message = `${firstName(changer)} made ${changed.email} a ${changed.role}`;
    const event = {
      action: 'member.role_changed',
      target: personTarget(changed),
      before,
      after: { role: changed.role },
    };
    return [act(changer, { ...event, message })];
  },
};

const apiKeyCreated: Activity = {
  weight: 1.2,
  possible: ({ company }) => company.apiKeys.length < 8,
  steps(scene) {
    const { company, random } = scene;
    const maker = administrator(scene);
    const key = createApiKey(random, random.pick(['ci', 'reporting', 'mobile', 'partner', 'sync']));
    company.apiKeys.push(key);
    const target = { type: 'api_key', id: key.id, name: key.name };
    const after = { permissions: ['records:read', 'records:write'] };
    const message = `${firstName(maker)} made the API key ${key.name}`;
    return [act(maker, { action: 'api_key.created', target, after, service: 'identity', message })];
  },
};

const apiKeyRevoked: Activity = {
  weight: 0.9,
  possible: ({ company }) => company.apiKeys.length > 2,
  steps(scene) {
    const { company, random } = scene;
    const revoker = administrator(scene);
    const key = random.pick(company.apiKeys);
    company.apiKeys = company.apiKeys.filter((other) => other !== key);
    const target = { type: 'api_key', id: key.id, name: key.name };
    const message = `${firstName(revoker)} revoked the API key ${key.name}`;
    return [act(revoker, { action: 'api_key.revoked', target, service: 'identity', message })];
  },
};

const settingsUpdated: Activity = {
  weight: 1,
  steps(scene) {
    const { company, random } = scene;
    const changer = administrator(scene);
    const name = random.pick(Object.keys(company.settings));
    const value = company.settings[name]!;
    const next =
      typeof value === 'boolean' ? !value : random.pick([4, 8, 12, 24, 90, 365].filter((other) => other !== value));
    company.settings[name] = next;
    const event = { target: { type: 'settings', id: company.id }, before: { [name]: value }, after: { [name]: next } };
    return [
      act(changer, { action: 'settings.updated', ...event, message: `${firstName(changer)} set ${name} to ${next}` }),
    ];
  },
};

const planChanged: Activity = {
  weight: 0.3,
  steps(scene) {
    const { company, random } = scene;
    const owner = random.pick(byRole(scene, ['owner']));
    const before = { plan: company.plan, seats: company.seats };
    company.plan = random.pick(plans.filter((plan) => plan !== company.plan));
    company.seats += random.between(1, 10);
    const event = {
      target: { type: 'subscription', id: `sub_${company.id}` },
      before,
      after: { plan: company.plan, seats: company.seats },
    };
    const message = `${firstName(owner)} chose the plan ${company.plan}`;
    return [act(owner, { action: 'billing.plan_changed', service: 'billing', ...event, message })];
  },
};

const invoicePaid: Activity = {
  weight: 0.8,
  steps({ random, company }) {
    const failed = random.chance(0.1);
    const amount = random.between(200, 9_000);
    return [
      {
        afterMs: 0,
        event: {
          action: failed ? 'billing.payment_failed' : 'billing.invoice_paid',
          actor: serviceActor('billing'),
          target: { type: 'invoice', id: `inv_${random.hex(8)}` },
          service: 'billing',
          ...(failed ? { outcome: 'failure' as const, reason: 'card_declined' } : {}),
          details: { amount, currency: 'EUR', plan: company.plan },
          message: failed ? `A payment of EUR ${amount} was declined` : `An invoice of EUR ${amount} was paid`,
        },
      },
    ];
  },
};

const exported: Activity = {
  weight: 1.2,
  steps(scene) {
    const { random } = scene;
    const person = random.pick(byRole(scene, ['manager', 'admin', 'owner']));
    const rows = random.between(50, 3_000);
    const correlation_id = `export_${random.hex(12)}`;
    const target = {
      type: 'export',
      id: `exp_${random.hex(8)}`,
      name: random.pick(['orders', 'members', 'time sheets']),
    };
    return [
      act(person, {
        action: 'export.requested',
        target,
        correlation_id,
        message: `${firstName(person)} asked for an export of ${target.name}`,
      }),
      {
        afterMs: random.between(5, 40) * 1_000,
        event: {
          action: 'export.completed',
          actor: serviceActor('exporter'),
          target,
          correlation_id,
          service: 'exporter',
          details: { rows },
          message: `${rows} rows of ${target.name} were exported`,
        },
      },
    ];
  },
};

export const administration: readonly Activity[] = [
  memberInvited,
  memberRemoved,
  roleChanged,
  apiKeyCreated,
  apiKeyRevoked,
  settingsUpdated,
  planChanged,
  invoicePaid,
  exported,
];
