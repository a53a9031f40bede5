import type { BundleVerdict } from '../../../core/verify/public.js';
import type { AuditEvent } from '../api/types.js';

type Signed = BundleVerdict['events'][number];

/** Microseconds since 1970 of a time with up to six decimals. */
function microseconds(iso: string): number {
  const decimals = /\.(\d+)Z$/.exec(iso)?.[1] ?? '';
  return Date.parse(iso.replace(/\.\d+Z$/, 'Z')) * 1_000 + Number(decimals.padEnd(6, '0').slice(0, 6));
}

/**
 * What of an event on screen is not as the verifier read it from signed bytes, by name: a gateway could show one event and prove another.
 * What was erased is not compared, nor are the members that the verifier does not give back (addresses, details, states).
 */
export function differingFrom(signed: Signed, event: AuditEvent): string[] {
  const { actor, target = {} } = event;
  const pairs: [name: string, signed: unknown, shown: unknown][] = [
    ['id', signed.id, event.id],
    ['time', signed.occurredAtUs, microseconds(event.occurred_at)],
    ['scope', signed.scope, event.scope],
    ['organization', signed.organizationId, event.organization_id ?? ''],
    ['application', signed.applicationId, event.application_id ?? ''],
    ['action', signed.action, event.action],
    ['outcome', signed.outcome, event.outcome],
    ['reason', signed.reason, event.reason ?? ''],
    ['service', signed.service, event.service ?? ''],
    ['actor type', signed.actor.type, actor.type],
    ['actor id', signed.actor.id, actor.id ?? ''],
    ['target type', signed.target.type, target.type ?? ''],
    ['target id', signed.target.id, target.id ?? ''],
    ['related', JSON.stringify(signed.related), JSON.stringify(event.related ?? [])],
  ];
  if (signed.identity !== 'erased') {
    pairs.push(
      ['actor name', signed.actor.name, actor.name ?? ''],
      ['actor email', signed.actor.email, actor.email ?? ''],
      ['target name', signed.target.name, target.name ?? ''],
    );
  }
  if (signed.content !== 'erased') pairs.push(['message', signed.message, event.message ?? '']);
  return pairs.filter(([, one, other]) => one !== other).map(([name]) => name);
}
