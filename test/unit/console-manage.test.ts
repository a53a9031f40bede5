import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Api } from '../../services/console/src/api/call.js';
import { Problem } from '../../services/console/src/api/problem.js';
import { expiresAt, idsOf } from '../../services/console/src/manage/chosen.js';
import { bodyOf, type NewErasure, shareDone } from '../../services/console/src/manage/erasures/erasure.js';
import { createEventCounter } from '../../services/console/src/manage/exports/count.js';
import { download, type Sink } from '../../services/console/src/manage/exports/download.js';
import { stateOf } from '../../services/console/src/manage/keys/keys.js';
import { type Role, wrongName } from '../../services/console/src/manage/roles/role.js';

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

describe('exports in the console', () => {
  test('count whole events of each format, however the bytes are cut', () => {
    const files = {
      csv: 'id,message\r\n1,"two\nlines, ""quoted"""\r\n2,b\r\n',
      ndjson: '{"a":"\\n"}\n{"a":2}\n',
      json: '{"events":[\n{"a":"\\n"},\n{"a":2}\n],"count":2,"complete":true}\n',
    } as const;
    for (const [format, file] of Object.entries(files) as [keyof typeof files, string][]) {
      const counter = createEventCounter(format);
      for (const one of bytes(file)) counter.take(Uint8Array.of(one));
      assert.equal(counter.events, 2, format);
    }
    const none = createEventCounter('json');
    none.take(bytes('{"events":[\n],"count":0,"complete":true}\n'));
    assert.equal(none.events, 0);
  });

  const run = async (file: string, announced: number) => {
    const said: string[] = [];
    const sink: Sink = {
      write: async (chunk) => void said.push(new TextDecoder().decode(chunk)),
      done: async (name) => void said.push(`done ${name}`),
      abort: async () => void said.push('aborted'),
    };
    const headers = { 'x-export-events': String(announced) };
    const api = { raw: async () => new Response(file, { headers }) } as unknown as Api;
    const asked = { api, path: '/', query: {}, format: 'ndjson' as const, name: 'n', sink };
    const signal = new AbortController().signal;
    const end = await download({ ...asked, signal, onProgress: () => {} }).catch((error: unknown) => error);
    return { said, end };
  };

  test('are kept when they are whole', async () => {
    const { said, end } = await run('{}\n{}\n', 2);
    assert.deepEqual(end, { events: 2, total: 2, bytes: 6 });
    assert.deepEqual(said, ['{}\n{}\n', 'done n']);
  });

  test('that end too early pass for nothing', async () => {
    const { said, end } = await run('{}\n', 2);
    assert.ok(end instanceof Problem);
    assert.equal(end.kind, 'cut-off');
    assert.equal(said.at(-1), 'aborted');
  });
});

describe('managing in the console', () => {
  test('keys are over when they were revoked or have expired', () => {
    const now = Date.parse('2026-11-21T12:00:00Z');
    const state = (expires_at: string | null, revoked_at: string | null = null) =>
      stateOf({ expires_at, revoked_at }, now);
    assert.equal(state(null), 'active');
    assert.equal(state('2027-11-21T12:00:00Z'), 'active');
    assert.equal(state('2026-11-25T12:00:00Z'), 'expiring');
    assert.equal(state('2026-11-21T12:00:00Z'), 'expired');
    assert.equal(state(null, '2026-11-20T12:00:00Z'), 'revoked');
  });

  test('times to come are said as they are meant', () => {
    const now = Date.parse('2026-11-21T12:00:00Z');
    assert.equal(expiresAt({ span: 'never', at: '' }, now), undefined);
    assert.equal(expiresAt({ span: '30', at: '' }, now), '2026-12-21T12:00:00.000Z');
    assert.equal(expiresAt({ span: 'at', at: '2027-01-01T00:00:00Z' }, now), '2027-01-01T00:00:00.000Z');
    assert.equal(expiresAt({ span: 'at', at: '' }, now), undefined);
    assert.deepEqual(idsOf(' a, b  a,,c '), ['a', 'b', 'c']);
  });

  test('an erasure asks for what the form says and nothing more', () => {
    const form: NewErasure = {
      kind: 'email',
      subject: ' a@b.example ',
      as: 'any',
      parts: 'identity',
      legalBasis: ' GDPR ',
      reason: '',
      organization: '',
    };
    const rest = { parts: 'identity', legal_basis: 'GDPR' };
    assert.deepEqual(bodyOf(form), { subject: { email: 'a@b.example' }, ...rest });
    assert.deepEqual(bodyOf({ ...form, kind: 'actor_id', as: 'actor', organization: 'acme', reason: 'asked' }), {
      subject: { actor_id: 'a@b.example', as: 'actor' },
      ...rest,
      reason: 'asked',
      organization: 'acme',
    });
    assert.deepEqual(bodyOf({ ...form, kind: 'filter', subject: 'actor:x' }), {
      subject: { filter: { q: 'actor:x' } },
      ...rest,
    });
    assert.deepEqual([shareDone('requested'), shareDone('done')], [0, 1]);
  });
});

describe('a new role', () => {
  const role = (name: string, organization_id: string | null, built_in = false): Role => ({
    name,
    organization_id,
    built_in,
    description: '',
    permissions: [],
  });
  const roles = [role('owner', null, true), role('night-shift', null), role('reviewer', 'acme')];

  test('replaces none that is there', () => {
    assert.match(wrongName('night-shift', null, roles)!, /there already/);
    assert.match(wrongName('reviewer', 'acme', roles)!, /there already/);
    assert.match(wrongName('owner', 'acme', roles)!, /built in/);
    assert.equal(wrongName('reviewer', 'globex', roles), undefined);
  });

  test('is called as the gateway takes it, and nothing is said before anything is typed', () => {
    assert.equal(wrongName('', null, roles), undefined);
    assert.equal(wrongName('day_shift-2', null, roles), undefined);
    for (const name of ['Night Shift!', '2nd', `a${'b'.repeat(64)}`]) assert.ok(wrongName(name, null, roles), name);
  });
});
