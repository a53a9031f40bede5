import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { arbitraryEvent } from '../support/arbitrary-event.js';
import type { TestGateway } from '../support/gateway.js';
import { newKey } from '../support/judging.js';

/** By these ids schemathesis.toml asks for them. */
const named = [
  { id: '01958602-1234-7abc-8def-000000000001', action: 'member.role_changed', organization_id: 'acme' },
  { id: '01958602-1234-7abc-8def-000000000002', action: 'server.started', scope: 'system' },
];
const eventCount = 400;
const seed = 20_260_101;
const storedWithinMs = 60_000;

/** Fills what a gateway answers from: events, stored, and keys. */
export async function fillGateway({ call }: TestGateway): Promise<void> {
  const must = async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const answer = await call(method, path, { body });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const events = fc.sample(arbitraryEvent, { numRuns: eventCount, seed });
  for (let first = 0; first < events.length; first += 100) {
    await must('POST', '/api/audit/events', events.slice(first, first + 100).map(acceptable));
  }
  await must('POST', '/api/audit/events', named);
  await must('POST', '/api/keys', { name: 'reader', organizations: ['acme'], permissions: ['view:audit_logs'] });
  await must('POST', '/api/producers', {
    name: 'shop',
    public_key: newKey().publicKey.toString('base64'),
    organizations: ['acme'],
  });
  const deadlineMs = performance.now() + storedWithinMs;
  while ((await stored(must)) < eventCount + named.length) {
    if (performance.now() > deadlineMs) throw new Error('the events were not stored in time');
    await sleep(200);
  }
}

/** Of both scopes. */
async function stored(ask: (method: string, path: string) => Promise<Record<string, unknown>>): Promise<number> {
  const [log, system] = await Promise.all(
    [ask('GET', '/api/audit?limit=1000'), ask('GET', '/api/audit/system?limit=1000')].map(countOf),
  );
  return log! + system!;
}

const countOf = async (answer: Promise<Record<string, unknown>>): Promise<number> =>
  ((await answer).events as unknown[]).length;

/** What the scope does not have is left out. */
function acceptable(event: (typeof arbitraryEvent extends fc.Arbitrary<infer E> ? E : never) & object) {
  const { scope, organization_id, application_id, ...rest } = event;
  if (scope === 'system') return { ...rest, scope };
  return { ...rest, scope, organization_id, ...(scope === 'application' ? { application_id } : {}) };
}
