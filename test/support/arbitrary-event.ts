import fc from 'fast-check';
import type { EventInput } from '../../services/core/event/index.js';

/** Words with everything that quoting, escaping and comparing could get wrong. */
export const oddWords = [
  'acme',
  'usr_1',
  'a,b',
  "o'neil",
  'back\\slash',
  '\\N',
  'tab\tand\nline',
  '{p0:String}',
  '%',
  'ünïcødé 🜂',
  '[1,2]',
  ' lead and trail ',
  'NULL',
  '"quoted"',
] as const;

export const addresses = ['10.0.0.1', '10.0.0.255', '10.0.1.1', '192.168.7.9', '2001:db8::1', '2001:db8:1::1', '::1'];
export const actions = ['auth.login', 'auth.login_failed', 'member.role_changed', 'billing.plan_changed', 'login'];

const word = fc.constantFrom(...oddWords);
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
const time = fc.integer({ min: 0, max: 86_399_999_999 }).map((us) => {
  const ms = new Date(Date.UTC(2026, 0, 1) + Math.floor(us / 1_000)).toISOString().slice(0, -1);
  return `${ms}${String(us % 1_000).padStart(3, '0')}Z`;
});

const defined = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;

/** Events over a small vocabulary, so that filters find some. */
export const arbitraryEvent: fc.Arbitrary<Partial<EventInput>> = fc
  .record({
    occurred_at: time,
    scope: fc.constantFrom('system' as const, 'organization' as const, 'application' as const),
    organization_id: fc.constantFrom('acme', 'globex', "o'neil"),
    application_id: fc.constantFrom('web', 'mobile'),
    actor: maybe(
      fc.record({
        type: maybe(fc.constantFrom('user' as const, 'service' as const, 'anonymous' as const)),
        id: maybe(word),
        email: maybe(word),
        name: maybe(word),
      }),
    ),
    action: fc.constantFrom(...actions),
    target: maybe(fc.record({ type: maybe(word), id: maybe(word), name: maybe(word) })),
    related: maybe(fc.array(fc.record({ type: word, id: word }), { maxLength: 3 })),
    outcome: fc.constantFrom(
      'success' as const,
      'failure' as const,
      'denied' as const,
      'validation_failed' as const,
      'partial' as const,
    ),
    correlation_id: maybe(word),
    request_id: maybe(word),
    ip: maybe(fc.constantFrom(...addresses)),
    message: maybe(word),
    details: maybe(fc.jsonValue({ maxDepth: 2 })),
    before: maybe(fc.jsonValue({ maxDepth: 1 })),
  })
  .map((event) => ({
    ...defined(event),
    ...(event.actor ? { actor: defined(event.actor) } : {}),
    ...(event.target ? { target: defined(event.target) } : {}),
  })) as fc.Arbitrary<Partial<EventInput>>;
