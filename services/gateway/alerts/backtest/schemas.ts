import { Type } from 'typebox';
import { ReplacedId } from '../rules/schemas.js';
import { nullable, oneOf, Time } from '../schemas.js';
import { FindingSchema } from './finding-schema.js';

const Text = Type.String({ minLength: 1, maxLength: 262_144, description: 'rules: Sigma in YAML, or the simple form' });
const members = {
  from: Type.String({ format: 'date-time' }),
  to: Type.Optional(Type.String({ format: 'date-time', description: 'now when absent; at most 400 days after from' })),
  late: Type.Optional(
    oneOf(
      ['include', 'exclude'],
      '`include`: events that were recorded long after they occurred take part, for imported logs',
    ),
  ),
  against: Type.Optional(
    Type.Object(
      {
        text: Type.Optional(Text),
        id: Type.Optional(Type.String({ maxLength: 128, description: 'a rule as it is saved' })),
        version: Type.Optional(Type.Integer({ description: 'an older version of it' })),
      },
      { additionalProperties: false, description: 'what it is compared with: the old one' },
    ),
  ),
};
export const BacktestBody = Type.Object({ text: Text, id: ReplacedId, ...members }, { additionalProperties: false });
export const SavedBacktestBody = Type.Object(members, { additionalProperties: false });

const Tried = Type.Object({
  id: Type.String(),
  title: Type.String(),
  version: Type.String(),
  alerts: Type.Boolean(),
  matches: Type.Integer({ description: 'events that its detection lets through' }),
  hits: Type.Integer({ description: 'events at which its condition holds' }),
  findings: Type.Integer({ description: 'alerts that it would have given' }),
});
const Coverage = Type.Object({
  events: Type.Integer({ description: 'in the stretch and its run-up' }),
  read: Type.Integer({ description: 'of these, taken out of ClickHouse and tried' }),
  way: oneOf(['sql', 'stream'], '`stream`: a condition that ClickHouse cannot say exactly; every event was tried'),
  run_up_from: Type.String({ format: 'date-time', description: 'windows reach back to here' }),
  left_out: Type.Record(Type.String(), Type.Integer(), {
    description: 'why events that matched took no part: late, no_group, no_value, no_place',
  }),
  complete: Type.Boolean(),
  cut: nullable(Type.Object({ why: oneOf(['time', 'matches'], 'which limit'), at: Time })),
  took_ms: Type.Integer(),
});
export const Backtest = Type.Object(
  {
    from: Time,
    to: Time,
    rules: Type.Array(Tried),
    findings_total: Type.Integer(),
    hits_total: Type.Integer(),
    findings: Type.Array(FindingSchema, { description: 'the oldest first, at most 200' }),
    over_time: Type.Array(Type.Object({ at: Time, hits: Type.Integer(), findings: Type.Integer() })),
    coverage: Coverage,
    difference: nullable(
      Type.Object(
        {
          compared_to: Time,
          findings: Type.Object({
            both: Type.Integer(),
            only_old_total: Type.Integer(),
            only_new_total: Type.Integer(),
            only_old: Type.Array(FindingSchema),
            only_new: Type.Array(FindingSchema),
          }),
          hits: Type.Object({
            both: Type.Integer(),
            only_old_total: Type.Integer(),
            only_new_total: Type.Integer(),
            only_old: Type.Array(Type.Object({ event_id: Type.String(), at: Time })),
            only_new: Type.Array(Type.Object({ event_id: Type.String(), at: Time })),
          }),
          old_coverage: Coverage,
        },
        { description: 'null where there is nothing to compare with' },
      ),
    ),
  },
  { title: 'Backtest' },
);

export const BacktestAnswer = {
  description:
    'With `Accept: application/x-ndjson` lines {"progress": …} come first, and {"result": …} or {"problem": …} last',
  content: {
    'application/json': { schema: Backtest },
    'application/x-ndjson': { schema: Type.String({ description: 'JSON objects, one a line' }) },
  },
};
