import { createHash } from 'node:crypto';
import { formatUuid } from '../../core/wire/uuid.js';
import type { Level } from '../rules/rule.js';
import { type PlannedWindow, type Run, runEndUs } from '../windows/index.js';

/** A run of hits of one rule and group, as it is stored, published and told. Times are µs since 1970. */
export interface Finding {
  /** UUIDv8 of the fingerprint and the first hit's event. */
  id: string;
  /** Of rule and group: the same for every finding that is "the same again". Hex. */
  fingerprint: string;
  /** Grows with every row of the finding. */
  version: number;
  organizationId: string;
  /** Whose rule it is; '' is the deployment's. */
  owner: string;
  rule: { id: string; version: string; title: string; author: string; level: Level };
  group: { names: readonly string[]; values: readonly string[] };
  firstHitId: string;
  firstHitUs: number;
  /** Of the oldest event in the first hit's window. */
  firstSeenUs: number;
  lastSeenUs: number;
  /** In event time, until when a hit would belong to it. */
  endsUs: number;
  /** When no event can come any more that would belong to it. */
  resolvesUs: number;
  hits: number;
  events: number;
  /** The first of its events, in order. */
  eventIds: readonly string[];
  /** The finding that it became part of. */
  successor: string | undefined;
}

const digest = (...parts: string[]): Buffer => createHash('sha256').update(JSON.stringify(parts)).digest();

export const fingerprintOf = (owner: string, ruleId: string, group: readonly string[]): string =>
  digest('sealstream/alerts/fingerprint/v1', owner, ruleId, ...group).toString('hex');

export function findingIdOf(fingerprint: string, firstEventId: string): string {
  const bytes = digest('sealstream/alerts/finding/v1', fingerprint, firstEventId).subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return formatUuid(bytes);
}

/** What a run says. `group` is the window's, the organization first. */
export function findingOf(
  { rule, groupNames, lagUs, ...runs }: PlannedWindow,
  {
    owner,
    group,
    run,
    version,
    successor,
  }: { owner: string; group: readonly string[]; run: Run; version: number; successor?: Run },
): Finding {
  const fingerprint = fingerprintOf(owner, rule.id, group);
  const endsUs = runEndUs(run, runs);
  const [organizationId = '', ...values] = group;
  return {
    id: findingIdOf(fingerprint, run.firstId),
    fingerprint,
    version,
    organizationId,
    owner,
    rule: {
      id: rule.id,
      version: rule.version,
      title: rule.text.title,
      author: rule.text.author,
      level: rule.level,
    },
    group: { names: groupNames, values },
    firstHitId: run.firstId,
    firstHitUs: run.firstUs,
    firstSeenUs: run.sinceUs,
    lastSeenUs: run.lastUs,
    endsUs,
    resolvesUs: endsUs + lagUs,
    hits: run.hits,
    events: run.count,
    eventIds: run.eventIds,
    successor: successor && findingIdOf(fingerprint, successor.firstId),
  };
}
