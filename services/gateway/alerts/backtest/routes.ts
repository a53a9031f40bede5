import { once } from 'node:events';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyReply, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify';
import type { Static } from 'typebox';
import type { Rule } from '../../../alerts/rules/index.js';
import type { Locate } from '../../../alerts/windows/index.js';
import { parseTimestampUs } from '../../../core/event/time.js';
import { requirePermission } from '../../auth/caller.js';
import { Problem } from '../../errors.js';
import { describedOnly, problems } from '../../http/described.js';
import { problemBody } from '../../http/problem-body.js';
import { problemOf } from '../../http/problem-of.js';
import { signalOf } from '../../query/asking.js';
import type { EventsTable } from '../../query/scope.js';
import { originOf } from '../../registry/system-log.js';
import type { AlertParts } from '../parts.js';
import { newTextId, type RuleParts } from '../rules/routes.js';
import { invalidRule } from '../rules/rule-sets.js';
import { RuleId } from '../rules/schemas.js';
import { eventScopesOf, ownerOf } from '../whose.js';
import { backtestAnswer } from './answer.js';
import {
  type BacktestRequest,
  backtestLimits,
  difference,
  type Progress,
  readExamples,
  runBacktest,
} from './run/index.js';
import { BacktestAnswer, BacktestBody, SavedBacktestBody } from './schemas.js';

const tags = ['alert-rules'];
/** Each may take a core for its time. */
const mostAtOnce = 2;

type Asked = Static<typeof SavedBacktestBody>;
type Tried = Pick<BacktestRequest, 'rules' | 'ruleIds'>;

/** /api/alert-rules/backtest and /api/alert-rules/:id/backtest: what rules would have found. */
export function registerBacktestRoutes(
  app: FastifyInstance,
  {
    table,
    sets,
    ruleTable,
    readText,
    changeLog,
    entitled,
    changing,
    locate,
    nowMs = Date.now,
  }: AlertParts &
    Pick<RuleParts, 'sets' | 'readText'> & {
      /** Of events. */
      table: EventsTable;
      ruleTable: RuleParts['table'];
      changing: preHandlerAsyncHookHandler;
      locate?: Locate | undefined;
      nowMs?: () => number;
    },
): void {
  const routes = app.withTypeProvider<TypeBoxTypeProvider>();
  const preHandler = [requirePermission('manage:alerts'), requirePermission('view:audit_logs'), entitled, changing];
  let running = 0;

  /** The rules of a text among those that it may refer to. Throws invalid-rule. */
  const ofText = async (owner: string, text: string, like: { id: string; builtIn: boolean }): Promise<Tried> => {
    const around = await sets.around(owner, like);
    const { rules, faults } = readText({ source: like.id, text }, around);
    const own = rules.filter(({ origin }) => origin.source === like.id);
    if (faults.length > 0 || own.length === 0) throw invalidRule(faults, like.id);
    const alerting = own.filter(({ alerts }) => alerts);
    return { rules, ruleIds: (alerting.length > 0 ? alerting : own).map(({ id }: Rule) => id) };
  };
  const saved = async (owner: string, id: string, version?: number): Promise<Tried> => {
    const found = await sets.find(owner, id);
    if (version === undefined) return ofText(owner, found.text, found);
    const older = (await ruleTable.versions(owner, id)).find((one) => one.version === version);
    if (!older) throw new Problem('not-found', `the rule ${JSON.stringify(id)} has no version ${version}`);
    return ofText(owner, older.text, found);
  };
  const oldOf = async (
    owner: string,
    { against }: Asked,
    like: { id: string; builtIn: boolean },
  ): Promise<Tried | undefined> => {
    if (!against) return undefined;
    const { text, id = like.id === newTextId ? undefined : like.id, version } = against;
    if (text !== undefined) return ofText(owner, text, like);
    if (id !== undefined) return saved(owner, id, version);
    throw badBody('/against', 'names neither a text nor a rule');
  };

  const backtest = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { tried, old, asked }: { tried: Tried; old: Tried | undefined; asked: Asked },
  ): Promise<unknown> => {
    const owner = ownerOf(request);
    const stretch = stretchOf(asked, nowMs());
    const source = { table, scopes: eventScopesOf(request, owner), signal: signalOf(reply) };
    const common = { ...stretch, owner, includeLate: asked.late === 'include', locate };
    const work = async (onProgress: (progress: Progress) => void) => {
      const share = old ? 0.5 : 1;
      const report = await runBacktest({ ...common, ...tried }, source, {
        onProgress: (one) => onProgress({ ...one, done: one.done * share }),
      });
      const before =
        old &&
        (await runBacktest({ ...common, ...old }, source, {
          onProgress: (one) => onProgress({ ...one, done: share + one.done * share }),
        }));
      const examples = await readExamples(report.findings, source, backtestLimits);
      const { fromUs, toUs } = stretch;
      changeLog.writeLater(
        {
          action: 'alert_rule.backtested',
          organization: owner,
          target: { type: 'alert_rule', id: tried.ruleIds[0]! },
          details: {
            rule: tried.ruleIds[0],
            from: new Date(fromUs / 1_000).toISOString(),
            to: new Date(toUs / 1_000).toISOString(),
            alerts: report.findingsTotal,
          },
        },
        originOf(request),
      );
      return backtestAnswer(report, examples, before && { difference: difference(before, report), old: before });
    };
    if (running >= mostAtOnce) {
      throw new Problem('overloaded', `${mostAtOnce} backtests are running already`, {
        headers: { 'retry-after': '10' },
      });
    }
    running += 1;
    try {
      const wantsLines = (request.headers.accept ?? '').includes('application/x-ndjson');
      return wantsLines ? await inLines(request, reply, work, source.signal) : await work(() => {});
    } finally {
      running -= 1;
    }
  };

  routes.post(
    '/api/alert-rules/backtest',
    {
      serializerCompiler: describedOnly.serializerCompiler,
      preHandler,
      schema: {
        summary: 'Try rules over history before they are saved',
        description:
          'As if they had been switched on at `from`. It ends after a minute at most, and says how far it came.',
        operationId: 'backtestText',
        tags,
        body: BacktestBody,
        response: { 200: BacktestAnswer, ...problems(400, 401, 402, 403, 404, 413, 415, 422, 429, 500, 503) },
      },
    },
    async (request, reply) => {
      const owner = ownerOf(request);
      const { text, id = newTextId, ...asked } = request.body;
      const like = { id, builtIn: false };
      const tried = await ofText(owner, text, like);
      return backtest(request, reply, { tried, old: await oldOf(owner, asked, like), asked }) as never;
    },
  );

  routes.post(
    '/api/alert-rules/:id/backtest',
    {
      serializerCompiler: describedOnly.serializerCompiler,
      preHandler,
      schema: {
        summary: 'Try a saved text of rules over history',
        description: 'Whether it is switched on or not; `against` an older version, another rule or a text.',
        operationId: 'backtestRule',
        tags,
        params: RuleId,
        body: SavedBacktestBody,
        response: { 200: BacktestAnswer, ...problems(400, 401, 402, 403, 404, 413, 415, 422, 429, 500, 503) },
      },
    },
    async (request, reply) => {
      const owner = ownerOf(request);
      const like = await sets.find(owner, request.params.id);
      const tried = await saved(owner, like.id);
      const old = await oldOf(owner, request.body, like);
      return backtest(request, reply, { tried, old, asked: request.body }) as never;
    },
  );
}

const badBody = (pointer: string, detail: string): Problem =>
  new Problem('invalid-request', `${pointer} ${detail}`, { errors: [{ pointer, detail }] });

function stretchOf({ from, to }: Asked, nowMs: number): { fromUs: number; toUs: number } {
  const fromUs = parseTimestampUs(from);
  const toUs = to === undefined ? nowMs * 1_000 : parseTimestampUs(to);
  if (fromUs === undefined || fromUs < 0) throw badBody('/from', 'is no RFC 3339 time since 1970');
  if (toUs === undefined) throw badBody('/to', 'is no RFC 3339 time');
  if (toUs <= fromUs) throw badBody('/to', 'is not after from');
  if (toUs - fromUs > backtestLimits.stretchUs) throw badBody('/to', 'is more than 400 days after from');
  return { fromUs, toUs };
}

/** Progress at most every so often. */
const tellMs = 500;

/** One JSON object a line; what goes wrong after the first is the last of them. */
async function inLines(
  request: FastifyRequest,
  reply: FastifyReply,
  work: (onProgress: (progress: Progress) => void) => Promise<unknown>,
  signal: AbortSignal,
): Promise<FastifyReply> {
  const { raw } = reply;
  reply.hijack();
  raw.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), 'content-type': 'application/x-ndjson' });
  const line = (value: unknown): boolean => raw.write(`${JSON.stringify(value)}\n`);
  let toldAt = Number.NEGATIVE_INFINITY;
  try {
    const result = await work((progress) => {
      const now = performance.now();
      if (now - toldAt < tellMs) return;
      toldAt = now;
      line({ progress });
    });
    if (!line({ result })) await once(raw, 'drain', { signal });
  } catch (error) {
    const problem = problemOf(error) ?? new Problem('internal', 'the gateway failed; its log has this request_id');
    if (!signal.aborted && !problemOf(error)) request.log.error({ err: error }, 'a backtest failed');
    if (!raw.destroyed) line({ problem: problemBody(problem, request.id) });
  }
  raw.end();
  return reply;
}
