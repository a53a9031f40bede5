import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditEvent } from '../../services/console/src/api/types.js';
import { differingFrom } from '../../services/console/src/event/on-screen.js';

const signed = {
  index: 0,
  id: '01a1ff42-b1a3-78f9-af42-5e20acca2fd9',
  occurredAtUs: Date.parse('2026-11-21T17:58:43Z') * 1_000 + 363_001,
  scope: 'organization',
  organizationId: 'acme',
  applicationId: '',
  actor: { type: 'user', id: 'usr_1', name: 'Ada', email: '' },
  action: 'policy.updated',
  target: { type: 'policy', id: 'p1', name: '' },
  related: [{ type: 'project', id: 'x' }],
  outcome: 'success',
  reason: '',
  service: '',
  message: 'Ada changed it',
  identity: 'shown',
  content: 'shown',
  log: 'a/0',
  offset: 3,
  record: 0,
} as Parameters<typeof differingFrom>[0];

const event = {
  id: signed.id,
  occurred_at: '2026-11-21T17:58:43.363001Z',
  recorded_at: '2026-11-21T17:58:44Z',
  scope: 'organization',
  organization_id: 'acme',
  actor: { type: 'user', id: 'usr_1', name: 'Ada' },
  action: 'policy.updated',
  category: 'policy',
  kind: 'stateful',
  target: { type: 'policy', id: 'p1' },
  related: [{ type: 'project', id: 'x' }],
  outcome: 'success',
  message: 'Ada changed it',
} as AuditEvent;

test('an event on screen as it was signed differs in nothing, to the microsecond', () => {
  assert.deepEqual(differingFrom(signed, event), []);
  assert.deepEqual(differingFrom(signed, { ...event, occurred_at: '2026-11-21T17:58:43.363002Z' }), ['time']);
});

test('what is shown otherwise than it was signed is named', () => {
  const shown = { ...event, outcome: 'failure', actor: { ...event.actor, id: 'usr_2' }, reason: 'x' } as AuditEvent;
  assert.deepEqual(differingFrom(signed, shown), ['outcome', 'reason', 'actor id']);
});

test('what was erased is not held against what is on screen', () => {
  const erased = {
    ...signed,
    identity: 'erased',
    content: 'erased',
    actor: { ...signed.actor, name: '' },
    message: '',
  };
  assert.deepEqual(differingFrom(erased as typeof signed, event), []);
});
