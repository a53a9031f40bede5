import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify';
import { type Static, Type } from 'typebox';
import type { ChangeLog } from '../alerts/change-log.js';
import { checkPermission, may } from '../auth/caller.js';
import { describedOnly, problems } from '../http/described.js';
import { ownScope } from '../query/asking.js';
import { originOf } from '../registry/system-log.js';
import { type GivenView, View, ViewBody, ViewId } from './schemas.js';
import { stateOf } from './state.js';
import type { StoredView } from './view-table.js';
import type { Asking, SeenView, ViewDraft, Views } from './views.js';

const path = '/api/views';
const tags = ['views'];
const { serializerCompiler } = describedOnly;
const failures = problems(400, 401, 403, 404, 409, 413, 415, 429, 500, 503);

/** /api/views: what somebody saved of Explore, for themselves or for an organization. */
export function registerViewRoutes(
  app: FastifyInstance,
  {
    views,
    changeLog,
    changing,
    nowMs = Date.now,
  }: { views: Views; changeLog: ChangeLog; changing: preHandlerAsyncHookHandler; nowMs?: () => number },
): void {
  const routes = app.withTypeProvider<TypeBoxTypeProvider>();

  routes.get(
    path,
    {
      serializerCompiler,
      preHandler: readsEvents,
      schema: {
        summary: 'Saved views',
        description:
          'One’s own, and those that are shared with the organizations that the request is about (X-Organization-Id chooses one). Own ones come first, then by name.',
        operationId: 'listViews',
        tags,
        response: {
          200: Type.Object({
            views: Type.Array(View),
            complete: Type.Boolean({ description: 'false where there are more than are listed' }),
          }),
          ...problems(400, 401, 403, 429, 500, 503),
        },
      },
    },
    async (request) => {
      const { views: found, complete } = await views.list(askingOf(request));
      return { views: found.map(viewAnswer), complete };
    },
  );

  routes.post(
    path,
    {
      serializerCompiler,
      preHandler: [readsEvents, changing],
      schema: {
        summary: 'Save a view',
        description:
          'What is asked, not what is found. With an organization, everybody who may read its events sees it.',
        operationId: 'createView',
        tags,
        body: ViewBody,
        response: { 201: View, ...failures },
      },
    },
    async (request, reply) => {
      const view = await views.create(draftOf(request.body, nowMs()), askingOf(request));
      if (view.organizationId !== '') note('saved_view.created', view, { after: view }, request);
      reply.code(201);
      return viewAnswer(view);
    },
  );

  routes.put(
    `${path}/:id`,
    {
      serializerCompiler,
      preHandler: [readsEvents, changing],
      schema: {
        summary: 'Rename, replace, share a view',
        description:
          'As a whole. A shared one is changed by its owner and by those who manage the organization (`manage:keys`); its owner alone shares it with another.',
        operationId: 'putView',
        tags,
        params: ViewId,
        body: ViewBody,
        response: { 200: View, ...failures },
      },
    },
    async (request) => {
      const { params, body } = request;
      const draft = { ...draftOf(body, nowMs()), version: body.version };
      const { before, after } = await views.replace(params.id, draft, askingOf(request));
      const moves = before.organizationId !== after.organizationId;
      if (moves && before.organizationId !== '') note('saved_view.unshared', before, { before }, request);
      if (moves && after.organizationId !== '') note('saved_view.shared', after, { after }, request);
      if (!moves && after.organizationId !== '') note('saved_view.updated', after, { before, after }, request);
      return viewAnswer(after);
    },
  );

  routes.delete(
    `${path}/:id`,
    {
      serializerCompiler,
      preHandler: [readsEvents, changing],
      schema: {
        summary: 'Delete a view',
        description: 'A shared one is deleted for everybody, by its owner or by those who manage the organization.',
        operationId: 'deleteView',
        tags,
        params: ViewId,
        response: { 200: View, ...failures },
      },
    },
    async (request) => {
      const view = await views.remove(request.params.id, askingOf(request));
      if (view.organizationId !== '') note('saved_view.deleted', view, { before: view }, request);
      return viewAnswer(view);
    },
  );

  const note = (
    action: string,
    { id, name, organizationId, ownerId }: StoredView,
    { before, after }: { before?: StoredView; after?: StoredView },
    request: FastifyRequest,
  ): void =>
    changeLog.writeLater(
      {
        action,
        organization: organizationId,
        target: { type: 'saved_view', id, name },
        details: { owner: ownerId },
        ...(before ? { before: shown(before) } : {}),
        ...(after ? { after: shown(after) } : {}),
      },
      originOf(request),
    );
}

/** Whoever may read any events may save how they look at them. */
const readsEvents: preHandlerAsyncHookHandler = async ({ caller }) => {
  if (!may(caller, 'view:system_audit_logs')) checkPermission(caller, 'view:audit_logs');
};

function askingOf(request: FastifyRequest): Asking {
  const scope = ownScope(request);
  return { caller: request.caller, organizations: scope.kind === 'organizations' ? scope.organizations : [] };
}

const draftOf = ({ name, state, organization_id }: GivenView, nowMs: number): ViewDraft => ({
  name,
  state: stateOf(state, { nowMs }),
  organizationId: organization_id ?? '',
});

const shown = ({ name, state }: StoredView): Record<string, unknown> => ({ name, state });

const viewAnswer = (view: SeenView) => ({
  id: view.id,
  version: view.version,
  name: view.name,
  organization_id: view.organizationId === '' ? null : view.organizationId,
  owner: { id: view.ownerId, name: view.ownerName },
  mine: view.mine,
  may_change: view.mayChange,
  state: view.state as Static<typeof View>['state'],
  created_at: new Date(view.createdAtMs).toISOString(),
  changed_at: new Date(view.changedAtMs).toISOString(),
  changed_by: view.changedBy,
});
