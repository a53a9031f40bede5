import { type Activity, firstName, from, personActor, type Scene, type Step } from '../activity.js';
import type { Person } from '../company.js';

/** What a session does between its login and its end. */
export type SessionWork = (scene: Scene, person: Person, session: { id: string; correlation: string }) => Step[];

const methods = ['password', 'password', 'oidc', 'passkey'];

export const login = (
  person: Person,
  session: { id: string; correlation: string },
  method: string,
  afterMs = 0,
): Step => ({
  afterMs,
  event: {
    action: 'auth.login',
    actor: personActor(person),
    target: { type: 'session', id: session.correlation },
    auth_method: method,
    service: 'identity',
    correlation_id: session.correlation,
    session_id: session.id,
    message: `${firstName(person)} logged in by ${method}`,
    ...from(person),
  },
});

export const wrongPassword = (person: Person, afterMs: number): Step => ({
  afterMs,
  event: {
    action: 'auth.login_failed',
    actor: personActor(person),
    outcome: 'failure',
    reason: 'bad_password',
    auth_method: 'password',
    service: 'identity',
    message: `${firstName(person)} gave a wrong password`,
    ...from(person),
  },
});

/** Logins with their sessions, mistyped passwords, and the noise of strangers who try names. */
export function accessActivities({
  chooser,
  work,
}: {
  chooser: (scene: Scene) => Person;
  work: SessionWork;
}): Activity[] {
  const session = ({ random }: Scene) => ({ id: `sess_${random.hex(20)}`, correlation: `flow_${random.hex(12)}` });

  const wholeSession = (scene: Scene, person: Person, startMs: number): Step[] => {
    const { random } = scene;
    const own = session(scene);
    const steps = [
      login(person, own, random.pick(methods), startMs),
      ...work(scene, person, own).map((step) => later(step, startMs)),
    ];
    if (random.chance(0.4)) {
      const last = steps.at(-1)!.afterMs;
      steps.push({
        afterMs: last + random.between(10, 600) * 1_000,
        event: {
          action: 'auth.logout',
          actor: personActor(person),
          target: { type: 'session', id: own.correlation },
          service: 'identity',
          correlation_id: own.correlation,
          session_id: own.id,
          message: `${firstName(person)} logged out`,
          ...from(person),
        },
      });
    }
    return steps;
  };

  return [
    { weight: 30, steps: (scene) => wholeSession(scene, chooser(scene), 0) },
    {
      weight: 4,
      steps: (scene) => {
        const person = chooser(scene);
        const mistakes = scene.random.pick([1, 1, 1, 2]);
        const wrong = Array.from({ length: mistakes }, (_, nth) => wrongPassword(person, nth * 4_000));
        return [...wrong, ...wholeSession(scene, person, mistakes * 5_000)];
      },
    },
    {
      weight: 1,
      steps: ({ random }) => [
        {
          afterMs: 0,
          event: {
            action: 'auth.login_failed',
            actor: { type: 'anonymous' as const, name: random.pick(['admin', 'root', 'test', 'info', 'support']) },
            outcome: 'failure' as const,
            reason: 'invalid_user',
            auth_method: 'password',
            service: 'identity',
            ip: `192.0.2.${random.between(200, 250)}`,
            message: 'Somebody tried a name that does not exist',
          },
        },
      ],
    },
    {
      weight: 1,
      steps: (scene) => {
        const person = chooser(scene);
        const action = scene.random.pick(['auth.password_changed', 'auth.mfa_enabled']);
        return [
          {
            afterMs: 0,
            event: {
              action,
              actor: personActor(person),
              target: { type: 'member', id: person.id, name: person.email },
              service: 'identity',
              message: action.endsWith('enabled')
                ? `${firstName(person)} turned on a second factor`
                : `${firstName(person)} changed their password`,
              ...from(person),
            },
          },
        ];
      },
    },
  ];
}

const later = (step: Step, byMs: number): Step => ({ ...step, afterMs: step.afterMs + byMs });
