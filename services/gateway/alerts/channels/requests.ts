import { badParameter } from '../../query/errors.js';
import type { RawQuery } from '../../query/event-queries.js';
import { readParameters } from '../../query/filter.js';
import { parameterReader } from '../../query/parameter-reader.js';
import { type Given, one, wholeNumber } from '../../query/values.js';

const mostLetters = 200;

/** Which dead letters. Throws problems that name the parameter. */
export function readDeadLetters(query: unknown) {
  const read = parameterReader(readParameters(query as RawQuery), ['channel', 'limit', 'cursor']);
  return {
    channelId: read('channel', channelOf),
    limit: read('limit', (given) => wholeNumber(given, { min: 1, max: mostLetters })),
    cursor: read('cursor', cursorOf),
  };
}

/** The version that a change is meant to follow. */
export function readVersion(query: unknown): { version?: number } {
  const version = parameterReader(readParameters(query as RawQuery), ['version'])('version', versionOf);
  return version === undefined ? {} : { version };
}

function channelOf(given: Given): string {
  const text = one(given);
  if (text.length > 64) throw badParameter(given.name, 'is longer than the 64 characters that an id may have');
  return text;
}

function cursorOf(given: Given): string {
  const text = one(given);
  if (!/^\d{1,15}\.[0-9a-f-]{36}$/.test(text)) throw badParameter(given.name, 'is none that this list gave');
  return text;
}

/** Versions are microseconds since 1970. */
function versionOf(given: Given): number {
  const text = one(given);
  if (!/^\d{1,16}$/.test(text)) throw badParameter(given.name, `${JSON.stringify(text)} is no version`);
  return Number(text);
}
