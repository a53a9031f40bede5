import { randomUUID } from 'node:crypto';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify';
import { type Static, Type } from 'typebox';
import {
  type SilenceMatcher,
  type SilenceTable,
  type StoredSilence,
  silenceComparisons,
} from '../../../alerts/findings/index.js';
import { formatTimestampUs, parseTimestampUs } from '../../../core/event/time.js';
import { requirePermission } from '../../auth/caller.js';
import { Problem } from '../../errors.js';
import { describedOnly, problems } from '../../http/described.js';
import { queryOf } from '../../query/asking.js';
import { readParameters } from '../../query/filter.js';
import { parameterReader } from '../../query/parameter-reader.js';
import { flag } from '../../query/values.js';
import { originOf } from '../../registry/system-log.js';
import type { AlertParts } from '../parts.js';
import { Organization, oneOf, Time } from '../schemas.js';
import { ownerOf } from '../whose.js';

const tags = ['silences'];
const { serializerCompiler } = describedOnly;
const longestUs = 366 * 86_400_000_000;
/** At most so many of an owner that have not ended. */
const mostLasting = 500;

const Matcher = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: 128,
      description: 'rule_id, level, fingerprint, organization_id, or a field of the group',
    }),
    comparison: Type.Optional(oneOf(silenceComparisons, 'equal when absent; a glob knows * and ?')),
    value: Type.String({ maxLength: 1_024 }),
  },
  { additionalProperties: false },
);
const NewSilence = Type.Object(
  {
    matchers: Type.Array(Matcher, { minItems: 1, maxItems: 16, description: 'all of them hold' }),
    starts_at: Type.Optional(Type.String({ format: 'date-time', description: 'now when absent' })),
    ends_at: Type.String({ format: 'date-time', description: 'at most a year after it starts' }),
    reason: Type.String({ minLength: 1, maxLength: 1_024 }),
  },
  { additionalProperties: false },
);
export const Silence = Type.Object(
  {
    id: Type.String(),
    organization_id: Organization,
    matchers: Type.Array(Matcher),
    starts_at: Time,
    ends_at: Time,
    reason: Type.String(),
    state: oneOf(['pending', 'lasting', 'ended'], 'now'),
    changed_at: Time,
    changed_by: Type.String(),
  },
  { title: 'Silence' },
);
const SilenceId = Type.Object({ id: Type.String({ maxLength: 64 }) });
const SilenceQuery = Type.Object({
  ended: Type.Optional(oneOf(['true', 'false'], 'also those that have ended; false when absent')),
});

/** /api/silences: times in which nobody is told of some alerts. The alerts themselves go on. */
export function registerSilenceRoutes(
  app: FastifyInstance,
  {
    silences,
    changeLog,
    entitled,
    changing,
    nowUs = () => Date.now() * 1_000,
  }: AlertParts & { silences: SilenceTable; changing: preHandlerAsyncHookHandler; nowUs?: () => number },
): void {
  const routes = app.withTypeProvider<TypeBoxTypeProvider>();
  const changes = [requirePermission('manage:alerts'), entitled, changing];

  routes.get(
    '/api/silences',
    {
      ...describedOnly,
      preHandler: [requirePermission('view:audit_logs'), entitled],
      schema: {
        summary: 'Silences',
        description:
          'Those of one organization (X-Organization-Id), or the deployment’s, which hold for every organization.',
        operationId: 'listSilences',
        tags,
        querystring: SilenceQuery,
        response: {
          200: Type.Object({ silences: Type.Array(Silence) }),
          ...problems(400, 401, 402, 403, 429, 500, 503),
        },
      },
    },
    async (request) => {
      const now = nowUs();
      const ended = parameterReader(readParameters(queryOf(request)), ['ended'])('ended', flag) ?? false;
      const found = await silences.of([ownerOf(request)], ended ? 0 : now);
      return { silences: found.map((one) => silenceAnswer(one, now)) };
    },
  );

  routes.post(
    '/api/silences',
    {
      serializerCompiler,
      preHandler: changes,
      schema: {
        summary: 'Keep alerts quiet for a time',
        description: 'Nobody is told of alerts that all matchers fit. They open, grow and resolve all the same.',
        operationId: 'createSilence',
        tags,
        body: NewSilence,
        response: { 201: Silence, ...problems(400, 401, 402, 403, 409, 413, 415, 429, 500, 503) },
      },
    },
    async (request, reply) => {
      const owner = ownerOf(request);
      const now = nowUs();
      const lasting = await silences.of([owner], now);
      if (lasting.length >= mostLasting) throw new Problem('conflict', `${lasting.length} silences last already`);
      const silence: StoredSilence = {
        id: randomUUID(),
        organizationId: owner,
        version: now,
        ...times(request.body, now),
        matchers: request.body.matchers.map(
          ({ comparison = 'equal', ...one }) => ({ ...one, comparison }) as SilenceMatcher,
        ),
        reason: request.body.reason,
        deleted: false,
        changedAtMs: Math.floor(now / 1_000),
        changedBy: request.caller.keyId,
      };
      await silences.put(silence);
      note('silence.created', undefined, silence, request);
      reply.code(201);
      return silenceAnswer(silence, now);
    },
  );

  routes.delete(
    '/api/silences/:id',
    {
      serializerCompiler,
      preHandler: changes,
      schema: {
        summary: 'End a silence',
        description: 'At once. It stays listed among those that have ended.',
        operationId: 'endSilence',
        tags,
        params: SilenceId,
        response: { 200: Silence, ...problems(400, 401, 402, 403, 404, 409, 429, 500, 503) },
      },
    },
    async (request) => {
      const owner = ownerOf(request);
      const now = nowUs();
      const before = await silences.find(owner, request.params.id);
      if (!before) throw new Problem('not-found', `there is no silence ${JSON.stringify(request.params.id)}`);
      if (before.endsUs <= now) throw new Problem('conflict', `it ended at ${formatTimestampUs(before.endsUs)}`);
      // Down to the table's milliseconds, so that it has ended when this is answered.
      const endsUs = wholeMs(now);
      const after: StoredSilence = {
        ...before,
        startsUs: Math.min(before.startsUs, endsUs),
        endsUs,
        version: Math.max(before.version + 1, now),
        changedAtMs: Math.floor(now / 1_000),
        changedBy: request.caller.keyId,
      };
      await silences.put(after);
      note('silence.deleted', before, after, request);
      return silenceAnswer(after, now);
    },
  );

  const note = (
    action: string,
    before: StoredSilence | undefined,
    after: StoredSilence,
    request: FastifyRequest,
  ): void =>
    changeLog.writeLater(
      {
        action,
        organization: after.organizationId,
        target: { type: 'silence', id: after.id },
        details: { reason: after.reason, until: formatTimestampUs(after.endsUs) },
        before: before && shown(before),
        after: shown(after),
      },
      originOf(request),
    );
}

function times({ starts_at, ends_at }: Static<typeof NewSilence>, nowUs: number): { startsUs: number; endsUs: number } {
  const bad = (pointer: string, detail: string): Problem =>
    new Problem('invalid-request', `${pointer} ${detail}`, { errors: [{ pointer, detail }] });
  const startsUs = starts_at === undefined ? nowUs : parseTimestampUs(starts_at);
  const endsUs = parseTimestampUs(ends_at);
  if (startsUs === undefined) throw bad('/starts_at', 'is no RFC 3339 time');
  if (endsUs === undefined) throw bad('/ends_at', 'is no RFC 3339 time');
  if (endsUs <= nowUs || endsUs <= startsUs) throw bad('/ends_at', 'has passed, or is before it starts');
  if (endsUs - startsUs > longestUs) throw bad('/ends_at', 'is more than a year after it starts');
  return { startsUs: wholeMs(startsUs), endsUs: wholeMs(endsUs) };
}

/** As the table keeps it. */
const wholeMs = (us: number): number => Math.floor(us / 1_000) * 1_000;

const shown = ({ matchers, startsUs, endsUs, reason }: StoredSilence): Record<string, unknown> => ({
  matchers,
  starts_at: formatTimestampUs(startsUs),
  ends_at: formatTimestampUs(endsUs),
  reason,
});

const silenceAnswer = (silence: StoredSilence, nowUs: number): Static<typeof Silence> => ({
  id: silence.id,
  organization_id: silence.organizationId,
  matchers: [...silence.matchers],
  starts_at: formatTimestampUs(silence.startsUs),
  ends_at: formatTimestampUs(silence.endsUs),
  reason: silence.reason,
  state: silence.endsUs <= nowUs ? 'ended' : silence.startsUs > nowUs ? 'pending' : 'lasting',
  changed_at: new Date(silence.changedAtMs).toISOString(),
  changed_by: silence.changedBy,
});
