import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, preHandlerAsyncHookHandler } from 'fastify';
import { type Caller, checkPermission, type Permission } from '../auth/caller.js';
import { Problem } from '../errors.js';
import { describedOnly, problems } from '../http/described.js';
import { Bytes } from '../log/schemas.js';
import { queryOf } from '../query/asking.js';
import { originOf, type SystemLog } from '../registry/system-log.js';
import { detailAnswer, recordAnswer, refusalAnswer, totalsByReason } from './answer.js';
import { eventAt, leastOf, openContents } from './contents.js';
import {
  cursorOf,
  readEventsAsked,
  readIncarnation,
  readPlace,
  readQuarantineFilter,
  readQuarantineList,
} from './list-request.js';
import type { Done, Releasing } from './release.js';
import * as schemas from './schemas.js';
import type { SetAside } from './set-aside.js';
import type { QuarantineTable } from './table.js';

const tags = ['quarantine'];
const reading = requireEverywhere('view:system_audit_logs');
const looking = requireEverywhere('admin');

/** /api/quarantine: records that were refused, in whole or in part. */
export function registerQuarantineRoutes(
  app: FastifyInstance,
  {
    table,
    releasing,
    systemLog,
    changing,
  }: {
    table: QuarantineTable;
    releasing: Releasing;
    systemLog: SystemLog;
    changing: preHandlerAsyncHookHandler;
  },
): void {
  const routes = app.withTypeProvider<TypeBoxTypeProvider>();
  const found = async (
    place: Readonly<Record<'partition' | 'offset', unknown>>,
    incarnation: string | undefined,
  ): Promise<SetAside> => {
    const { partition, offset } = readPlace(place);
    const [record] = await releasing.find([{ partition, offset, incarnation }]);
    if (record) return record;
    throw new Problem('not-found', `nothing was set aside at partition ${partition}, offset ${offset}`);
  };

  routes.get(
    '/api/quarantine',
    {
      ...describedOnly,
      preHandler: reading,
      schema: {
        summary: 'Records that were set aside',
        description:
          'Newest first: records of which the whole, or some events, were refused. For credentials of every organization. docs/guides/quarantine.md',
        operationId: 'listQuarantine',
        tags,
        querystring: schemas.ListQuery,
        response: { 200: schemas.RecordList, ...problems(400, 403, 422, 503) },
      },
    },
    async (request) => {
      const { filter, page } = readQuarantineList(queryOf(request));
      const records = await table.list(filter, { ...page, limit: page.limit + 1 });
      const shown = records.slice(0, page.limit);
      return {
        records: shown.map(recordAnswer),
        next_cursor: records.length > page.limit ? cursorOf(shown.at(-1)!) : null,
      };
    },
  );

  routes.get(
    '/api/quarantine/totals',
    {
      ...describedOnly,
      preHandler: reading,
      schema: {
        summary: 'How many records were set aside, by reason',
        operationId: 'countQuarantine',
        tags,
        querystring: schemas.FilterQuery,
        response: { 200: schemas.Totals, ...problems(400, 403, 422, 503) },
      },
    },
    async (request) => {
      const { byReason, byState } = await table.totals(readQuarantineFilter(queryOf(request)));
      return { by_state: byState, by_reason: totalsByReason(byReason) };
    },
  );

  const shared = { ...describedOnly, preHandler: reading };
  const ofOne = problems(400, 403, 404, 422, 503);

  routes.get(
    '/api/quarantine/:partition/:offset',
    {
      ...shared,
      schema: {
        summary: 'A record that was set aside',
        description: 'With every refused event, what each reason means, and whether it could be released now.',
        operationId: 'getQuarantined',
        tags,
        params: schemas.PlaceParams,
        querystring: schemas.IncarnationQuery,
        response: { 200: schemas.RecordDetail, ...ofOne },
      },
    },
    async (request) => {
      const record = await found(request.params, readIncarnation(queryOf(request)));
      return detailAnswer(record, await releasing.refusal(record)) as never;
    },
  );

  routes.get(
    '/api/quarantine/:partition/:offset/events',
    {
      ...shared,
      preHandler: looking,
      config: { access: 'audit.read' },
      schema: {
        summary: 'The events of a record that was set aside',
        description:
          'As far as they can be read. Nobody vouches for them: they were refused. That somebody looked is written down.',
        operationId: 'readQuarantinedEvents',
        tags,
        params: schemas.PlaceParams,
        querystring: schemas.EventsQuery,
        response: { 200: schemas.EventsAnswer, ...ofOne },
      },
    },
    async (request) => {
      const { incarnation, from, limit } = readEventsAsked(queryOf(request));
      const record = await found(request.params, incarnation);
      const { open } = openContents(await bytesOf(record));
      const total = open?.frame.count ?? 0;
      const reasonOf = new Map(record.refused.map(({ index, reason }) => [index, reason]));
      const end = Math.min(total, from + limit);
      const events = Array.from({ length: Math.max(0, end - from) }, (_, at) => ({
        index: from + at,
        reason: reasonOf.get(from + at) ?? null,
        event: eventAt(open!, from + at) ?? null,
      }));
      return { readable: open !== undefined, total, events, next_from: end < total ? end : null } as never;
    },
  );

  const bytesOf = async (record: SetAside): Promise<Buffer> => {
    const value = leastOf(await table.values(record));
    if (value) return value;
    throw new Problem(
      'not-found',
      `nothing is set aside at partition ${record.partition}, offset ${record.offset} any more`,
    );
  };

  routes.get(
    '/api/quarantine/:partition/:offset/bytes',
    {
      validatorCompiler: describedOnly.validatorCompiler,
      preHandler: looking,
      config: { access: 'audit.read' },
      schema: {
        summary: 'The bytes of a record that was set aside',
        description:
          'The value of the Kafka record as it came; where parts were erased, the ErasedBatch without them. That somebody looked is written down.',
        operationId: 'downloadQuarantined',
        tags,
        params: schemas.PlaceParams,
        querystring: schemas.IncarnationQuery,
        response: {
          200: {
            description: 'The bytes',
            content: { 'application/octet-stream': { schema: Bytes } },
          },
          ...ofOne,
        },
      },
    },
    async (request, reply) => {
      const record = await found(request.params, readIncarnation(queryOf(request)));
      const value = await bytesOf(record);
      return reply
        .type('application/octet-stream')
        .header('content-disposition', `attachment; filename="record-${record.partition}-${record.offset}.bin"`)
        .header('cache-control', 'no-store')
        .send(value as never);
    },
  );

  const changes = [looking, changing];
  const serializerCompiler = describedOnly.serializerCompiler;

  routes.post(
    '/api/quarantine/release',
    {
      serializerCompiler,
      preHandler: changes,
      schema: {
        summary: 'Release records that were set aside',
        description:
          'Publishes the same bytes (or their ErasedBatch) to the same partition again, where every reader judges them anew. Says of each what was done; 409 where none ' +
          'could be released. What becomes of a record is in its `outcome`. Releasing it twice doubles nothing.',
        operationId: 'releaseQuarantined',
        tags,
        body: schemas.ReleaseRequest,
        response: { 200: schemas.ReleaseAnswer, ...problems(400, 403, 409, 422, 503) },
      },
    },
    async (request) => {
      const asked = unique(request.body.records);
      const done = await releasing.release(asked, request.caller.keyId);
      const released = checkedDone(done, request.body.records, 'released');
      systemLog.writeLater({ action: 'quarantine.released', details: detailsOf(released) }, originOf(request));
      return {
        records: done.map((one) => ({ ...doneAnswer(one), published_offset: one.publishedOffset ?? null })),
      } as never;
    },
  );

  routes.post(
    '/api/quarantine/discard',
    {
      serializerCompiler,
      preHandler: changes,
      schema: {
        summary: 'Discard records that were set aside',
        description:
          'They are no longer open and cannot be released. Their bytes stay. Says of each what was done; 409 where none could be discarded.',
        operationId: 'discardQuarantined',
        tags,
        body: schemas.DiscardRequest,
        response: { 200: schemas.DiscardAnswer, ...problems(400, 403, 409, 422, 503) },
      },
    },
    async (request) => {
      const { records, reason } = request.body;
      const done = await releasing.discard(unique(records), request.caller.keyId, reason.trim());
      const details = { ...detailsOf(checkedDone(done, records, 'discarded')), reason: reason.trim() };
      systemLog.writeLater({ action: 'quarantine.discarded', details }, originOf(request));
      return { records: done.map(doneAnswer) } as never;
    },
  );
}

type Asked = { partition: number; offset: number; incarnation?: string | undefined };

const unique = (records: readonly Asked[]): Asked[] => [
  ...new Map(records.map((one) => [`${one.partition}/${one.offset}/${one.incarnation ?? ''}`, one])).values(),
];

const doneAnswer = ({ place, refusal }: Done) => ({
  partition: place.partition,
  offset: place.offset,
  done: refusal === undefined,
  refusal: refusal ? refusalAnswer(refusal) : null,
});

const detailsOf = (done: readonly Done[]) => ({
  records: done.length,
  places: done.map(({ place: { partition, offset } }) => `${partition}/${offset}`),
});

/** Those that were done. Throws conflict (409) where none was, with each one's reason. */
function checkedDone(done: readonly Done[], asked: readonly Asked[], what: string): Done[] {
  const good = done.filter(({ refusal }) => refusal === undefined);
  if (good.length > 0) return good;
  const errors = done.map(({ place, refusal }) => ({
    pointer: `/records/${asked.findIndex((one) => one.partition === place.partition && one.offset === place.offset)}`,
    code: refusal!.code,
    detail: `partition ${place.partition}, offset ${place.offset}: ${refusal!.detail}. ${refusal!.cure}`,
  }));
  const [first] = done;
  const kind = done.every(({ refusal }) => refusal!.code === 'not_found') ? 'not-found' : 'conflict';
  const others = done.length > 1 ? ` (and ${done.length - 1} more)` : '';
  throw new Problem(kind, `nothing was ${what}: ${errors[0]!.detail}${others}`, {
    errors,
    extensions: { code: first!.refusal!.code, ...(first!.refusal!.reason ? { reason: first!.refusal!.reason } : {}) },
  });
}

/** What was refused was judged by nobody and may be of any organization. */
function requireEverywhere(permission: Permission): preHandlerAsyncHookHandler {
  return async ({ caller }: { caller: Caller }) => {
    checkPermission(caller, permission);
    if (caller.organizations === '*') return;
    const detail = `what was set aside may be of any organization: it needs ${permission} for every one of them`;
    throw new Problem('forbidden', detail, { extensions: { required_permission: permission } });
  };
}
