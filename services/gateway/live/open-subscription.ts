import { encodeIngestCursor, type IngestCursor } from '../../core/cursor/index.js';
import { SealstreamError } from '../../core/errors.js';
import { type Caller, checkPermission } from '../auth/caller.js';
import { hiddenFrom } from '../catalogue/hidden.js';
import { badParameter } from '../query/errors.js';
import { readFilter, readParameters } from '../query/filter.js';
import type { History } from '../query/history.js';
import type { TenantScope } from '../query/scope.js';
import { tenantOf } from '../query/tenant.js';
import type { LiveReader } from './live-reader.js';
import type { LiveMetrics } from './metrics.js';
import { subscribe } from './subscription.js';
import type { OpenSubscription } from './subscription-set.js';

export interface SubscriptionParts {
  history: History;
  liveReader: LiveReader;
  metrics: LiveMetrics;
  nowMs?: () => number;
}

/** Opens the subscriptions of one connection. `organization` is what its header X-Organization-Id chose. */
export function createSubscriptionOpener(
  { history, liveReader, metrics, nowMs = Date.now }: SubscriptionParts,
  organization: string | undefined,
): OpenSubscription {
  return async (caller, { filter: given, since }, outlet) => {
    const filter = readFilter(readParameters(given), { nowMs: nowMs() });
    const scope = scopeOf({ caller, given, asked: filter.organizations, organization });
    const start = since === 'now' ? await present(history, liveReader) : await history.start(since, 'since');
    outlet.subscribed(encodeIngestCursor(start));
    return subscribe({
      scope,
      filter,
      start,
      liveReader,
      history,
      outlet,
      metrics,
      isRetriable: (error) => error instanceof SealstreamError && error.retriable,
    });
  };
}

/** `scope: "system"` asks for the system scope, which has a permission of its own; anything else is within the organizations. */
function scopeOf({
  caller,
  given,
  asked,
  organization,
}: {
  caller: Caller;
  given: Readonly<Record<string, unknown>>;
  asked: readonly string[] | undefined;
  organization: string | undefined;
}): TenantScope {
  if (given.scope === 'system') {
    checkPermission(caller, 'view:system_audit_logs');
    if (asked) throw badParameter('organization_id', 'events of the system scope belong to no organization');
    return { kind: 'system' };
  }
  if ([given.scope].flat().some((scope) => String(scope).includes('system'))) {
    throw badParameter('scope', 'events of the system scope need a subscription of their own');
  }
  checkPermission(caller, 'view:audit_logs');
  return tenantOf({ permitted: caller.organizations, header: organization, asked, hidden: hiddenFrom(caller) });
}

/** Behind everything that is known by now: what memory has, and what ClickHouse has where it is ahead. */
async function present(history: History, { tail }: LiveReader): Promise<IngestCursor> {
  const stored = await history.start('now', 'since');
  if (!tail?.incarnation.equals(stored.incarnation)) return stored;
  const positions = new Map(stored.positions);
  for (const [partition, { next }] of tail.rings) {
    positions.set(partition, { offset: Math.max(next, positions.get(partition)?.offset ?? 0), idx: 0 });
  }
  return { ...stored, positions };
}
