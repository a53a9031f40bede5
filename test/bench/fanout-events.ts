import type { EventInput } from '../../services/core/event/index.js';

/** Four in five events are of an action that the bench's filters ask for. */
export const isWanted = (seq: number): boolean => seq % 5 !== 0;

/** An event as a product would log it, of which its message says place and intended time. */
export const fanoutEvent = (partition: number, seq: number, intendedMs: number): Partial<EventInput> => ({
  organization_id: 'acme',
  action: isWanted(seq) ? 'document.updated' : 'auth.login',
  actor: { id: `usr_${seq % 5_000}`, name: `User ${seq % 5_000}`, email: `user${seq % 5_000}@example.com` },
  target: { type: 'document', id: `doc_${seq % 40_000}`, name: `Quarterly report ${seq % 400}` },
  outcome: 'success',
  service: 'documents',
  ip: `10.0.${seq % 200}.${seq % 250}`,
  session_id: `ses_${seq % 5_000}`,
  message: `#${partition}.${seq}@${intendedMs.toFixed(1)}`,
  details: { revision: seq, fields: ['title', 'body'] },
});
