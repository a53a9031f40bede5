import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify';
import type { Type } from 'typebox';
import { testRules } from '../../../alerts/rule-tests/index.js';
import { mostVersions, type RuleTable } from '../../../alerts/rule-texts/index.js';
import type { Rule } from '../../../alerts/rules/index.js';
import { requirePermission } from '../../auth/caller.js';
import { describedOnly, problems } from '../../http/described.js';
import { originOf } from '../../registry/system-log.js';
import type { AlertParts } from '../parts.js';
import { ownerOf } from '../whose.js';
import { invalidRule, type OwnedText, type ReadText, type RuleSets } from './rule-sets.js';
import type { Changed, RuleInput, Rules } from './rules.js';
import * as schemas from './schemas.js';

const tags = ['alert-rules'];
const { serializerCompiler } = describedOnly;

export interface RuleParts {
  table: RuleTable;
  sets: RuleSets;
  rules: Rules;
  readText: ReadText;
}

/** /api/alert-rules: texts of rules, those of an owner and those that are built in. */
export function registerRuleRoutes(
  app: FastifyInstance,
  {
    table,
    sets,
    rules,
    readText,
    changeLog,
    entitled,
    changing,
  }: AlertParts & RuleParts & { changing: preHandlerAsyncHookHandler },
): void {
  const routes = app.withTypeProvider<TypeBoxTypeProvider>();
  const reading = [requirePermission('view:audit_logs'), entitled];
  const managing = [requirePermission('manage:alerts'), entitled];
  const changes = [...managing, changing];

  const rulesOf = async (owner: string, text: OwnedText): Promise<Rule[]> => {
    const around = await sets.around(owner, text);
    const read = readText({ source: text.id, text: text.text }, around);
    return read.rules.filter(({ origin }) => origin.source === text.id);
  };
  const answer = async (owner: string, text: OwnedText) => ({
    ...schemas.summaryAnswer(text, await rulesOf(owner, text)),
    text: text.text,
  });
  const note = (action: string, { before, after }: Changed, request: FastifyRequest, owner: string): void => {
    const was = before && shown(before);
    const is = after.stored?.deleted ? undefined : shown(after);
    const fields = Object.keys(is ?? {}).filter((name) => JSON.stringify(was?.[name]) !== JSON.stringify(is?.[name]));
    changeLog.writeLater(
      {
        action,
        organization: owner,
        target: { type: 'alert_rule', id: after.id, name: after.name },
        details: { rule: after.id, version: after.stored?.version, ...(before ? { fields } : {}) },
        before: was,
        after: is,
      },
      originOf(request),
    );
  };

  const testRun = async (owner: string, text: Pick<OwnedText, 'id' | 'text' | 'builtIn'>) => {
    const source = { source: text.id, text: text.text };
    const { faults, results, untested } = testRules([...(await sets.around(owner, text)), source]);
    if (faults.length > 0) throw invalidRule(faults, text.id);
    const own = results.filter(({ test }) => test.origin.source === text.id);
    return {
      passed: own.every(({ passed }) => passed),
      tests: own.map(({ test, passed, missing, unexpected }) => ({
        rule: test.rule.id,
        name: test.name,
        line: test.origin.line,
        passed,
        missing: missing.length,
        unexpected: unexpected.length,
      })),
      untested: untested.filter(({ origin }) => origin.source === text.id).map(({ id }) => id),
    };
  };

  routes.get(
    '/api/alert-rules',
    {
      serializerCompiler,
      preHandler: reading,
      schema: {
        summary: 'Rules of alerts, built-in ones too',
        description:
          'Those of one organization (X-Organization-Id), or of the deployment. The deployment’s rules are judged for everybody.',
        operationId: 'listAlertRules',
        tags,
        response: { 200: schemas.AlertRuleList, ...problems(400, 401, 402, 403, 429, 500, 503) },
      },
    },
    async (request) => {
      const owner = ownerOf(request);
      const texts = await sets.list(owner);
      const running = texts.filter(({ builtIn, enabled }) => !builtIn && enabled);
      const sources = running.map(({ id, text }) => ({ source: id, text }));
      const [first, ...rest] = sources;
      const set = first ? readText(first, rest).rules : [];
      return {
        rules: await Promise.all(
          texts.map(async (text) => {
            const own = running.includes(text)
              ? set.filter(({ origin }) => origin.source === text.id)
              : await rulesOf(owner, text);
            return schemas.summaryAnswer(text, own);
          }),
        ),
      };
    },
  );

  routes.post(
    '/api/alert-rules',
    {
      serializerCompiler,
      preHandler: changes,
      schema: {
        summary: 'Add a text of rules',
        description:
          'Its id is that of its first rule that gives alerts. A text that cannot be run is refused; what runs goes on.',
        operationId: 'createAlertRule',
        tags,
        body: schemas.RuleBody,
        response: { 201: schemas.AlertRule, ...problems(400, 401, 402, 403, 409, 413, 415, 422, 429, 500, 503) },
      },
    },
    async (request, reply) => {
      const owner = ownerOf(request);
      const changed = await rules.create(owner, inputOf(request.body), request.caller.keyId);
      note('alert_rule.created', changed, request, owner);
      reply.code(201);
      return answer(owner, changed.after);
    },
  );

  routes.post(
    '/api/alert-rules/validate',
    {
      serializerCompiler,
      preHandler: managing,
      schema: {
        summary: 'Read a text of rules without saving it',
        description:
          'Among the rules that run, to which it may refer. What is wrong is said with line and column (422).',
        operationId: 'validateAlertRule',
        tags,
        body: schemas.TextBody,
        response: { 200: schemas.Validation, ...problems(400, 401, 402, 403, 413, 415, 422, 429, 500, 503) },
      },
    },
    async (request) => {
      const read = await rules.read(ownerOf(request), request.body.text, request.body.id);
      return {
        valid: true as const,
        rules: read.rules.map(schemas.ruleAnswer),
        warnings: read.warnings.map(schemas.faultAnswer),
      };
    },
  );

  routes.get(
    '/api/alert-rules/:id',
    {
      serializerCompiler,
      preHandler: reading,
      schema: {
        summary: 'A text of rules and its versions',
        description: `At most ${mostVersions} of them.`,
        operationId: 'readAlertRule',
        tags,
        params: schemas.RuleId,
        response: { 200: schemas.AlertRuleDetail, ...problems(400, 401, 402, 403, 404, 429, 500, 503) },
      },
    },
    async (request) => {
      const owner = ownerOf(request);
      const text = await sets.find(owner, request.params.id);
      const versions = await table.versions(owner, text.id);
      const shared = text.builtIn ? sets.shared.text : null;
      return { ...(await answer(owner, text)), shared, versions: versions.map(schemas.versionAnswer) };
    },
  );

  routes.put(
    '/api/alert-rules/:id',
    {
      serializerCompiler,
      preHandler: changes,
      schema: {
        summary: 'Say a text of rules anew',
        description: 'Or add one under this id. Hits from before the change are no alerts of the new text.',
        operationId: 'putAlertRule',
        tags,
        params: schemas.RuleId,
        body: schemas.RuleBody,
        response: {
          200: schemas.AlertRule,
          201: schemas.AlertRule,
          ...problems(400, 401, 402, 403, 409, 413, 415, 422, 429, 500, 503),
        },
      },
    },
    async (request, reply) => {
      const owner = ownerOf(request);
      const changed = await rules.put(owner, request.params.id, inputOf(request.body), request.caller.keyId);
      note(changed.before ? 'alert_rule.updated' : 'alert_rule.created', changed, request, owner);
      reply.code(changed.before ? 200 : 201);
      return answer(owner, changed.after);
    },
  );

  for (const [path, enabled] of [
    ['enable', true],
    ['disable', false],
  ] as const) {
    routes.post(
      `/api/alert-rules/:id/${path}`,
      {
        serializerCompiler,
        preHandler: changes,
        schema: {
          summary: `Switch a text of rules ${enabled ? 'on' : 'off'}`,
          description: 'For the organization that is meant, built-in ones too. Once more changes nothing.',
          operationId: `${path}AlertRule`,
          tags,
          params: schemas.RuleId,
          response: { 200: schemas.AlertRule, ...problems(400, 401, 402, 403, 404, 409, 422, 429, 500, 503) },
        },
      },
      async (request) => {
        const owner = ownerOf(request);
        const changed = await rules.switch(owner, request.params.id, enabled, request.caller.keyId);
        if (changed.before !== changed.after) note(`alert_rule.${path}d`, changed, request, owner);
        return answer(owner, changed.after);
      },
    );
  }

  routes.delete(
    '/api/alert-rules/:id',
    {
      serializerCompiler,
      preHandler: changes,
      schema: {
        summary: 'Delete a text of rules',
        description: 'Its versions and its alerts stay. Refused while other rules refer to it.',
        operationId: 'deleteAlertRule',
        tags,
        params: schemas.RuleId,
        response: { 200: schemas.AlertRule, ...problems(400, 401, 402, 403, 404, 409, 429, 500, 503) },
      },
    },
    async (request) => {
      const owner = ownerOf(request);
      const changed = await rules.remove(owner, request.params.id, request.caller.keyId);
      note('alert_rule.deleted', changed, request, owner);
      return answer(owner, changed.after);
    },
  );

  routes.post(
    '/api/alert-rules/:id/test',
    {
      serializerCompiler,
      preHandler: managing,
      schema: {
        summary: 'Run the tests that a text of rules carries',
        operationId: 'testAlertRule',
        tags,
        params: schemas.RuleId,
        response: { 200: schemas.TestRun, ...problems(400, 401, 402, 403, 404, 422, 429, 500, 503) },
      },
    },
    async (request) => {
      const owner = ownerOf(request);
      return testRun(owner, await sets.find(owner, request.params.id));
    },
  );

  routes.post(
    '/api/alert-rules/test',
    {
      serializerCompiler,
      preHandler: managing,
      schema: {
        summary: 'Run the tests of a text of rules without saving it',
        operationId: 'testAlertRuleText',
        tags,
        body: schemas.TextBody,
        response: { 200: schemas.TestRun, ...problems(400, 401, 402, 403, 413, 415, 422, 429, 500, 503) },
      },
    },
    async (request) => {
      const { text, id = newTextId } = request.body;
      return testRun(ownerOf(request), { id, text, builtIn: false });
    },
  );
}

/** Of a text that was not saved; no saved one can have it. */
export const newTextId = '(text)';

const inputOf = ({ repeat_seconds: repeatSeconds, ...input }: Type.Static<typeof schemas.RuleBody>): RuleInput => ({
  ...input,
  repeatSeconds,
});

/** What audit events say of a text. */
const shown = ({ name, text, enabled, stored }: OwnedText): Record<string, unknown> => ({
  name,
  text,
  enabled,
  channels: stored?.channels ?? [],
  repeat_seconds: stored?.repeatSeconds ?? 0,
});
