import { type Command, Option } from 'commander';
import type { AuditFilter, FilterName } from '../../client/query/filter.js';
import { collected } from '../commands/command.js';
import { usageError } from '../errors.js';

interface FilterOption {
  /** The option, without its dashes. */
  option: string;
  /** Other names that products give it. */
  aliases?: readonly string[];
  says: string;
  /** It is given once; others may be given several times, and mean any of the values. */
  once?: true;
}

/** Every filter of GET /api/audit as an option. TypeScript holds this table against the client's, a test that against the gateway's. */
const filterOptions: Readonly<Record<FilterName, FilterOption>> = {
  q: { option: 'q', says: 'the query language: auth.* -outcome:success', once: true },
  action: { option: 'action', aliases: ['event'], says: 'part of an action: login, role_changed' },
  category: { option: 'category', says: 'the first word of the action' },
  actor: { option: 'actor', aliases: ['user'], says: "the actor's id or email, exactly" },
  actor_type: { option: 'actor-type', says: 'user, service, api_token, oidc, system …' },
  target_type: { option: 'target-type', aliases: ['resource-type'], says: 'what kind of thing' },
  target_id: { option: 'target-id', aliases: ['resource-id'], says: 'which one' },
  outcome: { option: 'outcome', says: 'success, failure, denied, validation_failed, partial' },
  success: { option: 'success', says: 'true, or false: any other outcome', once: true },
  kind: { option: 'kind', says: 'event, or stateful: with before and after' },
  ip: { option: 'ip', says: 'an address or a CIDR block' },
  correlation_id: { option: 'correlation-id', says: 'the events of one workflow' },
  request_id: { option: 'request-id', says: 'the events of one request' },
  organization_id: { option: 'organization', aliases: ['organization-id'], says: 'an organization' },
  application_id: { option: 'application', aliases: ['application-id'], says: 'an application' },
  scope: { option: 'scope', says: 'organization or application' },
  from: {
    option: 'from',
    aliases: ['start-time'],
    says: 'occurred since: a day, a time, or so long ago: 2h, 7d',
    once: true,
  },
  to: { option: 'to', aliases: ['end-time'], says: 'occurred before', once: true },
  preset: { option: 'preset', says: 'the last 24h, 7d or 30d', once: true },
};

/** Where a command or its path says it already. */
export interface LeftOut {
  without?: readonly FilterName[];
}

export const systemHasNone: readonly FilterName[] = ['scope', 'organization_id', 'application_id'];

/** Adds the filters to a command. */
export function withFilters(command: Command, { without = [] }: LeftOut = {}): Command {
  for (const { name, flag, says, once, hidden } of flags(without)) {
    const option = new Option(`--${flag} <${name === 'q' ? 'query' : 'value'}>`, says);
    command.addOption((once ? option : option.argParser(collected)).hideHelp(hidden).helpGroup('Filters:'));
  }
  return command;
}

/** The filter that a command line asks for. `words`: what was written without an option, which is the query language. */
export function filterOf(
  options: object,
  { words = [], nowMs, without = [] }: { words?: readonly string[]; nowMs: number } & LeftOut,
): AuditFilter {
  const given = options as Readonly<Record<string, string | string[] | undefined>>;
  const filter: Record<string, string | string[]> = {};
  for (const { name, flag } of flags(without)) {
    const value = given[new Option(`--${flag}`).attributeName()];
    if (value === undefined) continue;
    const before = filter[name];
    if (before !== undefined && !Array.isArray(before)) throw usageError(`--${flag} is given twice, under two names.`);
    filter[name] = before === undefined ? value : [...before, ...value];
  }
  if (words.length > 0) {
    if (filter.q !== undefined) throw usageError('The query is given twice: by --q, and without an option.');
    filter.q = words.join(' ');
  }
  for (const name of ['from', 'to']) if (filter[name]) filter[name] = ago(String(filter[name]), nowMs);
  return filter as AuditFilter;
}

function* flags(without: readonly FilterName[]) {
  for (const [key, { option, aliases = [], says, once }] of Object.entries(filterOptions)) {
    const name = key as FilterName;
    if (without.includes(name)) continue;
    for (const flag of [option, ...aliases]) yield { name, flag, says, once, hidden: flag !== option };
  }
}

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** `2h` is two hours ago; anything else is for the gateway to read. */
export function ago(text: string, nowMs: number): string {
  const [, count, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  return count === undefined ? text : new Date(nowMs - Number(count) * unitMs[unit!]!).toISOString();
}
