import { type ActionDefinition, findAction } from '../../core/catalogue/index.js';
import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import { Problem, unavailable } from '../errors.js';
import type { DefinitionTable, OwnDefinition } from './definition-table.js';
import type { HiddenActions } from './hidden.js';

/**
 * The actions that are known: the catalogue's, and over them those that organizations defined, all of them in memory. What this process
 * changes is known at once; what another changes, within `trustMs` of being asked for.
 */
export interface Definitions {
  /** What an action is to an organization, as far as memory knows; undefined for an action that nobody described. */
  find(organization: string, action: string): ActionDefinition | undefined;
  /** Waits until what others changed is known. Rejects with unavailable where definitions were never read and cannot be. */
  fresh(): Promise<void>;
  /** By organization, then by name. */
  readonly own: ReadonlyMap<string, ReadonlyMap<string, OwnDefinition>>;
  /** Actions that organizations keep for their owners; what is asked is answered as of now. */
  readonly hidden: HiddenActions['of'];
  /** Defines an action, anew or in place of what it was. Throws conflict at the limits. */
  put(definition: Draft): Promise<{ definition: OwnDefinition; created: boolean }>;
  /** Takes a definition away; undefined where there is none. */
  remove(organization: string, name: string, changedBy: string): Promise<OwnDefinition | undefined>;
}

export type Draft = Omit<OwnDefinition, 'version' | 'changedAtMs' | 'aliases'>;

export const definitionLimits = { perOrganization: 200, inAll: 10_000 };

/** Beyond this age what is known is read again, beside the work. */
const freshMs = 1_000;
/** Beyond this age the work waits for it. */
const trustMs = 3_000;
const failurePauseMs = 1_000;

interface Snapshot {
  fingerprint: string;
  own: Map<string, Map<string, OwnDefinition>>;
}

export function createDefinitions({
  table,
  log,
  now = () => performance.now(),
  nowMs = Date.now,
}: {
  table: DefinitionTable;
  log: Logger;
  now?: () => number;
  nowMs?: () => number;
}): Definitions {
  let snapshot: Snapshot | undefined;
  let hidden: HiddenActions['of'] = new Map();
  let readAt = Number.NEGATIVE_INFINITY;
  let failedAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  /** Counts this process's own changes: a read that began before one may not undo it. */
  let changes = 0;

  const adopt = (next: Snapshot): void => {
    snapshot = next;
    hidden = hiddenOf(next.own);
  };

  const read = async (): Promise<void> => {
    const began = now();
    const changesAtStart = changes;
    try {
      const fingerprint = await table.fingerprint();
      if (snapshot?.fingerprint !== fingerprint) {
        const all = await table.all();
        if (changes !== changesAtStart) return;
        adopt({ fingerprint, own: byOrganization(all) });
      }
      readAt = began;
    } catch (error) {
      failedAt = now();
      log.warn({ error: messageOf(error) }, 'the actions that organizations defined cannot be read now');
    }
  };
  const refresh = (): Promise<void> => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };

  const known = (): Snapshot => {
    if (snapshot) return snapshot;
    throw unavailable('clickhouse', 'the actions that organizations defined cannot be read now');
  };

  const fresh = async (): Promise<void> => {
    const age = now() - readAt;
    const due = now() - failedAt >= failurePauseMs;
    // While ClickHouse is away nobody can change definitions through it either: what was known goes on to hold.
    if (due && age > trustMs) await refresh();
    else if (due && age > freshMs) void refresh();
    known();
  };

  const change = async (definition: OwnDefinition, deleted: boolean): Promise<void> => {
    try {
      await table.write(definition, deleted);
    } catch (error) {
      throw unavailable('clickhouse', 'the definition could not be written; it may or may not hold', { cause: error });
    } finally {
      changes += 1;
    }
    const own = new Map([...known().own].map(([organization, actions]) => [organization, new Map(actions)]));
    const actions = own.get(definition.organization) ?? new Map<string, OwnDefinition>();
    own.set(definition.organization, actions);
    if (deleted) actions.delete(definition.name);
    else actions.set(definition.name, definition);
    adopt({ fingerprint: '', own });
  };

  const find = (organization: string, name: string): OwnDefinition | undefined =>
    snapshot?.own.get(organization)?.get(name);

  return {
    find(organization, action) {
      // Who only asks in passing, as the door does for every event, does not wait.
      if (now() - readAt > freshMs && now() - failedAt >= failurePauseMs) void refresh();
      return find(organization, action) ?? findAction(action);
    },
    fresh,
    get own() {
      return known().own;
    },
    get hidden() {
      return hidden;
    },
    async put(draft) {
      await fresh();
      const before = find(draft.organization, draft.name);
      if (!before) checkRoom(known().own, draft.organization);
      const definition = { ...draft, ...stamp(before, nowMs()), aliases: [] };
      await change(definition, false);
      return { definition, created: before === undefined };
    },
    async remove(organization, name, changedBy) {
      await fresh();
      const before = find(organization, name);
      if (before) await change({ ...before, ...stamp(before, nowMs()), changedBy }, true);
      return before;
    },
  };
}

const stamp = (before: OwnDefinition | undefined, nowMs: number) => ({
  version: Math.max(nowMs * 1_000, (before?.version ?? 0) + 1),
  changedAtMs: nowMs,
});

function checkRoom(own: Snapshot['own'], organization: string): void {
  const { perOrganization, inAll } = definitionLimits;
  const here = own.get(organization)?.size ?? 0;
  if (here >= perOrganization) {
    throw new Problem('conflict', `the organization has ${here} actions of its own, which is as many as it may`);
  }
  const all = [...own.values()].reduce((sum, { size }) => sum + size, 0);
  if (all >= inAll) {
    throw new Problem(
      'conflict',
      `there are ${all} actions that organizations defined, which is as many as there may be`,
    );
  }
}

function byOrganization(definitions: readonly OwnDefinition[]): Snapshot['own'] {
  const own: Snapshot['own'] = new Map();
  for (const definition of definitions) {
    const actions = own.get(definition.organization) ?? new Map<string, OwnDefinition>();
    own.set(definition.organization, actions.set(definition.name, definition));
  }
  return own;
}

const hiddenOf = (own: Snapshot['own']): HiddenActions['of'] =>
  new Map(
    [...own].map(([organization, actions]) => [
      organization,
      new Set([...actions.values()].filter(({ visible_to }) => visible_to === 'owners').map(({ name }) => name)),
    ]),
  );
