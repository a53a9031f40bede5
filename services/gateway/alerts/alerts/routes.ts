import type { FastifyInstance, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify';
import { type ActionKind, type AlertChange, alertMessage } from '../../../alerts/findings/index.js';
import { formatTimestampUs } from '../../../core/event/time.js';
import { actorOf } from '../../auth/actor.js';
import { requirePermission } from '../../auth/caller.js';
import { describedOnly, problems } from '../../http/described.js';
import { organizationHeader } from '../../http/headers.js';
import { queryOf } from '../../query/asking.js';
import { originOf } from '../../registry/system-log.js';
import type { AlertParts } from '../parts.js';
import { alertScope, alertScopeOf } from '../whose.js';
import type { AlertDetail } from './alerts.js';
import { readAlertList } from './list-request.js';
import { AlertDetailAnswer, AlertId, AlertList, AlertQuery, Assignment, Comment, NeededComment } from './schemas.js';

const tags = ['alerts'];

/** What can be done about an alert: the last part of the path, what it is then, and the audit event. */
const acts: readonly {
  path: string;
  kind: ActionKind;
  action: string;
  summary: string;
  body?: typeof NeededComment | typeof Assignment;
}[] = [
  { path: 'acknowledge', kind: 'acknowledged', action: 'alert.acknowledged', summary: 'Take an alert on' },
  { path: 'unacknowledge', kind: 'unacknowledged', action: 'alert.unacknowledged', summary: 'Give an alert back' },
  { path: 'resolve', kind: 'resolved', action: 'alert.resolved', summary: 'Say that an alert is over' },
  { path: 'reopen', kind: 'reopened', action: 'alert.reopened', summary: 'Open an alert again' },
  {
    path: 'comment',
    kind: 'commented',
    action: 'alert.commented',
    summary: 'Say something about an alert',
    body: NeededComment,
  },
  {
    path: 'assign',
    kind: 'assigned',
    action: 'alert.assigned',
    summary: 'Say who deals with an alert',
    body: Assignment,
  },
];

/** /api/alerts: what rules found, and what people do about it. */
export function registerAlertsRoutes(
  app: FastifyInstance,
  { alerts, publish, changeLog, entitled, changing }: AlertParts & { changing: preHandlerAsyncHookHandler },
): void {
  const reading = [requirePermission('view:audit_logs'), entitled];
  const changes = [requirePermission('manage:alerts'), entitled, changing];

  app.get(
    '/api/alerts',
    {
      ...describedOnly,
      preHandler: reading,
      schema: {
        summary: 'Alerts, the newest first',
        description:
          'In the order in which they began. An alert that became part of another is listed where `state` asks for it.',
        operationId: 'listAlerts',
        tags,
        querystring: AlertQuery,
        response: { 200: AlertList, ...problems(400, 401, 402, 403, 422, 429, 500, 503) },
      },
    },
    async (request) => {
      const asked = readAlertList(queryOf(request));
      return alerts.list(alertScope(request.caller, organizationHeader(request), asked.organizations), asked);
    },
  );

  app.get(
    '/api/alerts/:id',
    {
      ...describedOnly,
      preHandler: reading,
      schema: {
        summary: 'An alert, and what was done about it',
        operationId: 'readAlert',
        tags,
        params: AlertId,
        response: { 200: AlertDetailAnswer, ...problems(400, 401, 402, 403, 404, 422, 429, 500, 503) },
      },
    },
    async (request) => detailAnswer(await alerts.get(alertScopeOf(request), idOf(request))),
  );

  for (const { path, kind, action, summary, body = Comment } of acts) {
    app.post(
      `/api/alerts/:id/${path}`,
      {
        serializerCompiler: describedOnly.serializerCompiler,
        preHandler: changes,
        // Most need no word beside the path.
        preValidation: async (request) => {
          request.body ??= {};
        },
        schema: {
          summary,
          description: 'It becomes part of the alert’s history, and an audit event.',
          operationId: `${path}Alert`,
          tags,
          params: AlertId,
          body,
          response: { 200: AlertDetailAnswer, ...problems(400, 401, 402, 403, 404, 409, 413, 415, 422, 429, 500, 503) },
        },
      },
      async (request) => {
        const { comment = '', assignee } = (request.body ?? {}) as { comment?: string; assignee?: string };
        const { actor } = actorOf(request.caller);
        const act = { kind, note: assignee ?? comment, actor };
        const { finding, before, after } = await alerts.act(alertScopeOf(request), idOf(request), act);
        await publish(alertMessage(kind as AlertChange, finding, Date.now()));
        changeLog.writeLater(
          {
            action,
            organization: finding.organizationId,
            target: { type: 'alert', id: finding.id, name: finding.rule.title },
            details: {
              rule: finding.rule.id,
              fingerprint: finding.fingerprint,
              ...(comment ? { comment } : {}),
              ...(assignee === undefined ? {} : { assignee }),
            },
            ...(kind === 'commented' || kind === 'assigned'
              ? {}
              : { before: { state: before.status }, after: { state: after.alert.state } }),
          },
          originOf(request),
        );
        return detailAnswer(after);
      },
    );
  }
}

const idOf = (request: FastifyRequest): string => (request.params as { id: string }).id;

const detailAnswer = ({ alert, actions }: AlertDetail) => ({
  ...alert,
  actions: actions.map(({ id, kind, atUs, actor, note }) => ({ id, kind, at: formatTimestampUs(atUs), actor, note })),
});
