import type { FastifyInstance } from 'fastify';
import type { TSchema } from 'typebox';
import type { Logger } from '../../core/log.js';
import type { Metrics } from '../../core/metrics.js';
import { requirePermission } from '../auth/caller.js';
import type { Entitlements } from '../entitlements/entitlements.js';
import { entitledScopes } from '../entitlements/require.js';
import { describedOnly, problems } from '../http/described.js';
import { notSystem, queryOf, scopesOf, systemScope } from '../query/asking.js';
import type { EventQueries } from '../query/event-queries.js';
import { OrganizationHeader } from '../query/schemas.js';
import { createExporter } from './exporter.js';
import { defaultExportLimits, type ExportLimits } from './limits.js';
import { createExportMetrics } from './metrics.js';
import { ExportFile, ExportQuery } from './schemas.js';
import { createSendExport, type SendExport } from './send.js';

/** GET /api/audit/export and /api/audit/system/export. The products' aliases share what is given back. */
export function registerExportRoutes(
  app: FastifyInstance,
  {
    queries: { table, records, incarnation },
    entitlements,
    metrics,
    log,
    limits: changed = {},
  }: {
    queries: Pick<EventQueries, 'table' | 'records' | 'incarnation'>;
    /** Nothing is withheld where absent. */
    entitlements?: Entitlements;
    metrics: Metrics;
    log: Logger;
    limits?: Partial<ExportLimits>;
  },
): SendExport {
  const limits = { ...defaultExportLimits, ...changed };
  const exporter = createExporter({ table, records, incarnation, limits });
  const sendAll = createSendExport({ exporter, limits, metrics: createExportMetrics(metrics), log });
  const send: SendExport = async (ask) => {
    const { scopeFor } = ask;
    await sendAll(entitlements ? { ...ask, scopeFor: await entitledScopes(entitlements, 'export', scopeFor) } : ask);
  };
  const mayExport = requirePermission('export:audit_logs');

  app.get(
    '/api/audit/export',
    {
      ...exportRoute('exportEvents', 'events', 'Everything that the filters let through, as a file'),
      preHandler: mayExport,
    },
    (request, reply) => send({ request, reply, scopeFor: scopesOf(request), query: notSystem(queryOf(request)) }),
  );
  app.get(
    '/api/audit/system/export',
    {
      ...exportRoute('exportEventsOfSystem', 'system', 'The same of the system scope'),
      preHandler: [mayExport, requirePermission('view:system_audit_logs')],
    },
    (request, reply) => send({ request, reply, scopeFor: systemScope, query: queryOf(request) }),
  );
  return send;
}

/** What every way to an export says of itself. */
export const exportRoute = (operationId: string, tag: string, summary: string, querystring: TSchema = ExportQuery) =>
  ({
    ...describedOnly,
    schema: {
      summary,
      description:
        'Everything stored when it began and nothing later. Cut off visibly where it cannot be ended: docs/guides/export.md',
      operationId,
      tags: [tag],
      ...(tag === 'system' ? {} : { headers: OrganizationHeader }),
      querystring,
      response: { 200: ExportFile, ...problems(402, 403, 422) },
    },
    config: { access: 'audit.exported' },
  }) as const;
