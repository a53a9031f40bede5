import type { AlertStatus, FindingQuery } from '../../../alerts/findings/index.js';
import { type Level, levels } from '../../../alerts/rules/index.js';
import { badParameter } from '../../query/errors.js';
import type { RawQuery } from '../../query/event-queries.js';
import { readParameters } from '../../query/filter.js';
import type { ParameterReader } from '../../query/parameter-reader.js';
import { parameterReader } from '../../query/parameter-reader.js';
import { type Given, listed, one, symbols, timeUs, wholeNumber } from '../../query/values.js';

export const alertStatuses = ['open', 'acknowledged', 'resolved', 'replaced'] as const satisfies readonly AlertStatus[];
export const listLimits = { most: 500, usual: 50 };

export interface AlertListRequest {
  states: readonly AlertStatus[] | undefined;
  organizations: readonly string[] | undefined;
  query: Omit<FindingQuery, 'organizations' | 'system'>;
}

/** What alerts have to fit, in lists and in streams. */
export interface AlertFilter {
  states: readonly AlertStatus[] | undefined;
  rules: readonly string[] | undefined;
  levels: readonly Level[] | undefined;
  fingerprint: string | undefined;
  group: Readonly<Record<string, string>> | undefined;
}

export const filterNames = ['state', 'rule', 'level', 'fingerprint', 'group', 'organization_id'];
const names = [...filterNames, 'from', 'to', 'limit', 'cursor'];

export const readAlertFilter = (read: ParameterReader): AlertFilter => ({
  states: read('state', (given) => symbols(given, alertStatuses)),
  rules: read('rule', listed),
  levels: read('level', (given) => symbols(given, levels)),
  fingerprint: read('fingerprint', fingerprintOf),
  group: read('group', groupOf),
});

/** Reads a query string. */
export function readAlertList(input: RawQuery): AlertListRequest {
  const parameters = readParameters(input);
  const read = parameterReader(parameters, names);
  const fromUs = read('from', timeUs);
  const toUs = read('to', timeUs);
  if (fromUs !== undefined && toUs !== undefined && fromUs >= toUs) throw badParameter('to', 'is not after from');
  const { states, ...filter } = readAlertFilter(read);
  return {
    states,
    organizations: parameters.get('organization_id'),
    query: {
      ...filter,
      fromUs,
      toUs,
      replaced: states?.includes('replaced') ?? false,
      after: read('cursor', placeOf),
      limit: read('limit', (given) => wholeNumber(given, { min: 1, max: listLimits.most })) ?? listLimits.usual,
    },
  };
}

function fingerprintOf(given: Given): string {
  const text = one(given).toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(text)) throw badParameter(given.name, 'is no fingerprint: 64 hex digits');
  return text;
}

/** `ip:198.51.100.7`, several times for several fields. */
const groupOf = ({ name, values }: Given): Record<string, string> =>
  Object.fromEntries(
    values.map((text) => {
      const at = text.indexOf(':');
      if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
      throw badParameter(name, `${JSON.stringify(text)} is no field with a colon and its value: ip:198.51.100.7`);
    }),
  );

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A page's end is no secret: the tenant wall stands in the query, not in the cursor. */
function placeOf(given: Given): { firstHitUs: number; id: string } {
  const [, us = '', id = ''] = /^(\d{1,16})\.(.{36})$/.exec(one(given)) ?? [];
  if (!uuid.test(id)) throw badParameter(given.name, 'is no cursor of this list; start without it');
  return { firstHitUs: Number(us), id };
}

export const cursorOf = ({ firstHitUs, id }: { firstHitUs: number; id: string }): string => `${firstHitUs}.${id}`;
