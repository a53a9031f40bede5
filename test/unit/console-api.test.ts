import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ApiParts, createApi } from '../../services/console/src/api/call.js';
import { Problem } from '../../services/console/src/api/problem.js';

interface Asked {
  url: string;
  headers: Record<string, string>;
}

/** Answers in turn; an Error is what a lost network throws. */
function createTestApi(answers: (Response | Error)[], parts: Partial<ApiParts> = {}) {
  const asked: Asked[] = [];
  const told = { reachable: [] as boolean[], unauthenticated: 0, waits: [] as number[] };
  const api = createApi({
    fetch: async (url, init) => {
      asked.push({ url: String(url), headers: init?.headers as Record<string, string> });
      const answer = answers.shift()!;
      if (answer instanceof Error) throw answer;
      return answer;
    },
    csrfToken: () => 'token',
    organization: () => 'acme',
    onUnauthenticated: () => {
      told.unauthenticated += 1;
    },
    onReachable: (reachable) => told.reachable.push(reachable),
    sleep: async (ms) => void told.waits.push(ms),
    ...parts,
  });
  return { api, asked, told };
}

const problem = (kind: string, status: number, more: object = {}, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify({ type: `urn:sealstream:problem:${kind}`, title: kind, status, detail: 'd', ...more }), {
    status,
    headers,
  });
const refused = async (promise: Promise<unknown>): Promise<Problem> => {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof Problem);
    return error;
  }
  throw new assert.AssertionError({ message: 'was not refused' });
};

describe('a call of the gateway', () => {
  test('names the organization, and of changes alone the session’s token', async () => {
    const { api, asked } = createTestApi([Response.json({}), Response.json({})]);
    await api.get('/api/audit', { outcome: ['failure', 'denied'], q: '', limit: 2 });
    await api.post('/api/keys', {});
    assert.equal(asked[0]?.url, '/api/audit?outcome=failure&outcome=denied&limit=2');
    assert.equal(asked[0]?.headers['x-csrf-token'], undefined);
    assert.equal(asked[1]?.headers['x-csrf-token'], 'token');
    assert.deepEqual(
      asked.map(({ headers }) => headers['x-organization-id']),
      ['acme', 'acme'],
    );
  });

  test('that is refused says which permission or right is missing, and where the request was wrong', async () => {
    const { api } = createTestApi([
      problem('forbidden', 403, { required_permission: 'verify' }),
      problem('not-entitled', 402, { required_entitlement: 'export' }),
      problem('invalid-request', 400, { errors: [{ parameter: 'q', detail: 'no', position: { start: 1, end: 2 } }] }),
    ]);
    assert.equal((await refused(api.get('/a'))).permission, 'verify');
    assert.equal((await refused(api.get('/a'))).entitlement, 'export');
    assert.deepEqual((await refused(api.get('/a'))).of('q')[0]?.position, { start: 1, end: 2 });
  });

  test('that reads is tried again while a part is away, as late as it asks; one that changes something is not', async () => {
    const away = () => problem('unavailable', 503, { part: 'redis' }, { 'retry-after': '2' });
    const reading = createTestApi([away(), away(), Response.json({ fine: true })]);
    assert.deepEqual(await reading.api.get('/a'), { fine: true });
    assert.deepEqual(reading.told.waits, [2_000, 2_000]);
    const changing = createTestApi([away(), Response.json({})]);
    assert.equal((await refused(changing.api.post('/a'))).part, 'redis');
  });

  test('tells of a session that ended, and of a gateway that is gone and back', async () => {
    const { api, told } = createTestApi([problem('unauthenticated', 401), new TypeError('failed'), Response.json({})]);
    assert.equal((await refused(api.get('/a'))).kind, 'unauthenticated');
    assert.equal(told.unauthenticated, 1);
    assert.equal((await refused(api.get('/a'))).kind, 'offline');
    await api.get('/a');
    assert.deepEqual(told.reachable, [true, false, true]);
  });

  test('that something other than the gateway answers is a problem, too', async () => {
    const { api } = createTestApi([new Response('<html>', { status: 502 }), new Response('<html>')]);
    assert.equal((await refused(api.get('/a'))).kind, 'unreadable');
    assert.equal((await refused(api.get('/a'))).kind, 'unreadable');
  });
});
