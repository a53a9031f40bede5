import { createHash, randomUUID } from 'node:crypto';
import type { Alert } from '../../services/alerts/notify/alert.js';

/** A spike of failed logins from one address, or what `change` makes of it. */
export function someAlert({
  rule,
  ...change
}: Partial<Omit<Alert, 'rule'>> & { rule?: Partial<Alert['rule']> } = {}): Alert {
  const ip = change.group?.ip ?? '203.0.113.9';
  return {
    id: randomUUID(),
    fingerprint: createHash('sha256').update(`failed-login-spike ${ip}`).digest('hex'),
    rule: { id: 'failed-login-spike', title: 'Failed login spike', level: 'high', version: 3, ...rule },
    group: { ip },
    state: 'firing',
    count: 6,
    first_seen: '2026-11-20T10:00:00.000Z',
    last_seen: '2026-11-20T10:04:10.000Z',
    changed_at: '2026-11-20T10:04:11.000Z',
    event_ids: ['01990000-0000-7000-8000-000000000001', '01990000-0000-7000-8000-000000000002'],
    organization_id: 'acme',
    link: 'https://audit.example.com/alerts/1',
    ...change,
  };
}
