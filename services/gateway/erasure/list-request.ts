import { readParameters } from '../query/filter.js';
import { parameterReader } from '../query/parameter-reader.js';
import { timeUs, wholeNumber } from '../query/values.js';

export const listLimits = { most: 100, usual: 50 };

/** Which erasures. Throws problems that name the parameter. */
export function readErasureList(query: Readonly<Record<string, unknown>>): { limit: number; beforeMs: number } {
  const read = parameterReader(readParameters(query), ['limit', 'before']);
  const beforeUs = read('before', timeUs);
  return {
    limit: read('limit', (given) => wholeNumber(given, { min: 1, max: listLimits.most })) ?? listLimits.usual,
    beforeMs: beforeUs === undefined ? Number.MAX_SAFE_INTEGER : beforeUs / 1_000,
  };
}
