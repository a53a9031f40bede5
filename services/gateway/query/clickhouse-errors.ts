import { ClickHouseError } from '@clickhouse/client';
import { messageOf } from '../../core/errors.js';
import { Problem, unavailable } from '../errors.js';
import type { QueryLimits } from './scope.js';

/** Codes of ClickHouse (src/Common/ErrorCodes.cpp). */
const codes = {
  tooSlow: new Set(['159', '160', '394']),
  memory: new Set(['241']),
  tooLarge: new Set(['396', '307', '158', '191']),
  busy: new Set(['202', '203', '439']),
};

export const isTooLarge = (error: unknown): boolean =>
  error instanceof Problem && error.cause instanceof ClickHouseError && codes.tooLarge.has(error.cause.code);

/** What a failed query means to the one who asked. A statement that ClickHouse does not understand is our fault and passes as it is. */
export function queryProblem(error: unknown, limits: QueryLimits): unknown {
  if (!(error instanceof ClickHouseError)) {
    return unavailable('clickhouse', `ClickHouse cannot be asked now: ${messageOf(error)}`, { cause: error });
  }
  const { code } = error;
  const tooHeavy = (what: string): Problem =>
    new Problem('query-too-heavy', `${what}; narrow the time range, add filters, or lower the limit`, { cause: error });
  if (codes.tooSlow.has(code)) return tooHeavy(`the query took longer than ${limits.executionSeconds} s`);
  if (codes.memory.has(code)) return tooHeavy(`the query needs more than ${limits.memoryBytes} bytes of memory`);
  if (codes.tooLarge.has(code)) return tooHeavy(`the answer has more than ${limits.resultBytes} bytes`);
  if (codes.busy.has(code)) {
    return unavailable('clickhouse', 'ClickHouse runs as many queries as it may', { cause: error });
  }
  return error;
}
