import { type TProperties, Type } from 'typebox';
import { signatureSteps } from '../../../core/stored/index.js';
import { failures } from '../../../core/verify/failures.js';
import { enumOf } from '../schemas.js';

/** What the log says; just `available: false` where this gateway has no log. */
const logCheck = <P extends TProperties>(more: P) =>
  Type.Object({
    available: Type.Boolean(),
    verified: Type.Optional(Type.Boolean()),
    failed: Type.Optional(Type.Union([enumOf(Object.keys(failures)), Type.Null()])),
    message: Type.Optional(Type.String()),
    ...more,
  });

const Checkpoints = Type.Array(
  Type.Object({
    origin: Type.String(),
    size: Type.Integer(),
    root: Type.String({ description: 'hexadecimal' }),
    signedBy: Type.Array(Type.String()),
    witnesses: Type.Array(Type.Object({ name: Type.String(), at: Type.String() })),
    missing: Type.Array(Type.String(), { description: 'witnesses that have not cosigned' }),
  }),
);
const Heads = Type.Array(
  Type.Object({
    log: Type.String(),
    producerId: Type.String(),
    epoch: Type.String(),
    lane: Type.Integer(),
    sequences: Type.Union([Type.Array(Type.Integer()), Type.Null()]),
    signedBy: Type.String({ description: 'data, heartbeat or close' }),
    at: Type.String(),
  }),
);
const Attested = Type.Array(Type.Object({ log: Type.String(), at: Type.String(), authority: Type.String() }));

export const Verdict = Type.Object(
  {
    status: enumOf(
      ['verified', 'failed', 'pending'],
      'pending: the record behind the event is not wholly stored yet, and nothing can be said of it',
    ),
    available: Type.Boolean({ description: 'false while the status is pending' }),
    verified: Type.Boolean(),
    message: Type.String(),
    retry_after_seconds: Type.Optional(
      Type.Integer({ minimum: 1, description: 'when to ask again; only while the status is pending' }),
    ),
    checks: Type.Object({
      signature: Type.Object({
        available: Type.Boolean({ description: 'where it is false, there is nothing else' }),
        verified: Type.Optional(Type.Boolean()),
        failed: Type.Optional(
          Type.Union([enumOf(signatureSteps), Type.Null()], { description: 'the first step that failed' }),
        ),
        message: Type.Optional(Type.String()),
        record: Type.Optional(
          Type.Object({ partition: Type.Integer(), offset: Type.Integer(), index: Type.Integer() }),
        ),
        signed_by: Type.Optional(Type.Object({ producer_id: Type.String(), key_id: Type.String() })),
        erased: Type.Optional(
          Type.Object(
            {
              parts: Type.Array(enumOf(['identity', 'content'])),
              listed_in: Type.Array(Type.String(), { description: 'ids of the signed events that name them' }),
            },
            { description: 'parts that an erasure took out' },
          ),
        ),
      }),
      inclusion: logCheck({ checkpoints: Type.Optional(Checkpoints) }),
      completeness: logCheck({ heads: Type.Optional(Heads) }),
      time: logCheck({ attested: Type.Optional(Attested) }),
    }),
  },
  { title: 'Verdict' },
);
