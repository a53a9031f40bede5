import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Settled } from './group.js';
import { encodeReported, encodeSettled, type HeldGroup, heldOf, type RawState } from './held.js';
import { encodeMatch, type WindowMatch } from './match.js';
import { announceScript, forgetScript, progressScript, settleScript, takeScript } from './scripts.js';
import type { GroupState, Reported } from './step.js';

/** The windows' keys are not those of this generation: Redis lost them, or went back. They are to be rebuilt before anything is judged. */
export class WindowsLost extends Error {
  constructor() {
    super('the windows in Redis are lost, wholly or in part');
    this.name = 'WindowsLost';
  }
}

/** Matches on their way into one group of a window. */
export interface Addition {
  window: string;
  group: readonly string[];
  matches: readonly WindowMatch[];
  /** Where the group is not known yet. */
  first: { settled: Settled; reported: ReadonlyMap<string, Reported> };
  reachUs: number;
  /** Judged only when the watermark has passed: its state is not given. */
  waits: boolean;
  /** Should nothing more come. */
  neededUntilUs: number;
}

export interface Taken {
  /** Undefined before there was one. */
  watermarkUs: number | undefined;
  evictedGroups: number;
  /** Came in before what was settled: not counted where it is a repetition of what is held. */
  tooLate: number;
  /** In the order of the additions; undefined of those that wait. */
  groups: (HeldGroup | undefined)[];
}

/** Runs of a group that are about to be stored for the first time. */
export interface Announcement {
  held: Pick<HeldGroup, 'window' | 'group'> & {
    /** Undefined: whatever it is now. */
    revision?: number | undefined;
  };
  runs: ReadonlyMap<string, Reported>;
  neededUntilUs: number;
}

export interface Settlement {
  held: HeldGroup;
  next: GroupState;
  keepFromUs: number;
  waitingUs: number | undefined;
  neededUntilUs: number;
  /** When findings of the group are over, by what names them. */
  ends: ReadonlyMap<string, number>;
  /** Names of findings that are no more. */
  endsNoMore: readonly string[];
}

/** The windows' state, shared by all engines of a deployment. Calls reject with WindowsLost, or when Redis does not answer. */
export interface WindowStore {
  /** `behind`: first offset not read by partition, as this engine knows them stored. */
  take(additions: readonly Addition[], behind: ReadonlyMap<number, number>): Promise<Taken>;
  /**
   * Puts down what is about to be stored: whoever judges the group next, after a crash too, knows of it. Resolves in the order asked with
   * the group's revision after it, or with the group as it is now where it was changed since it was taken: then nothing was put down.
   */
  announce(
    announcements: readonly Announcement[],
  ): Promise<({ revision: number | undefined } | { moved: HeldGroup })[]>;
  /** Groups that were changed since they were taken come back as they are now: nothing of them was settled. */
  settle(settlements: readonly Settlement[]): Promise<HeldGroup[]>;
  /** Groups of a window with matches at or before a time that wait, at most `limit`. */
  waiting(window: string, toUs: number, limit: number): Promise<HeldGroup[]>;
  /** Drops groups that no match needs any more; resolves with how many. */
  forget(window: string, beforeUs: number, limit: number): Promise<number>;
  /** What all engines have done, by partition: first offset not done, and until which append time nothing else can come. */
  setProgress(progress: ReadonlyMap<number, { next: number; appendUs: number }>): Promise<void>;
  progress(): Promise<Map<number, { next: number; appendUs: number }>>;
  setWatermark(us: number): Promise<void>;
  watermark(): Promise<number | undefined>;
  /** Findings that are over at a time. */
  ended(atUs: number, limit: number): Promise<string[]>;
  forgetEnds(names: readonly string[]): Promise<void>;
}

/** How many matches are sent or asked for in one call of a script, about. */
const perCall = 2_000;
/** Redis drops what nobody asked for in so long behind its need: an engine that was away for a week rebuilds. */
export const slackMs = 7 * 86_400_000;

const groupId = (group: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(group)).digest('hex').slice(0, 32);

type Scripts = Record<
  'take' | 'announce' | 'settle' | 'forget' | 'progress',
  (...args: (string | number)[]) => Promise<unknown>
>;

export function createWindowStore({
  redis,
  prefix,
  generation,
  maxGroups,
}: {
  redis: Redis;
  prefix: string;
  generation: string;
  /** Of one window; beyond it those that are needed for the shortest time are dropped. */
  maxGroups: number;
}): WindowStore {
  const scripts = scriptsOf(redis);
  const root = `${prefix}:${generation}`;
  const run = async <T extends unknown[]>(name: keyof Scripts, ...args: (string | number)[]): Promise<T> => {
    const [outcome, ...rest] = (await scripts[name](prefix, generation, ...args)) as [string, ...unknown[]];
    if (outcome === 'lost') throw new WindowsLost();
    return rest as T;
  };
  const keepMs = (neededUntilUs: number, fromUs: number): number =>
    Math.max(0, Math.ceil((neededUntilUs - fromUs) / 1_000)) + slackMs;

  const takeSome = async (additions: readonly Addition[], behind: ReadonlyMap<number, number>): Promise<Taken> => {
    const packed = additions.map(({ window, group, matches, first, reachUs, waits, neededUntilUs }) => [
      window,
      groupId(group),
      JSON.stringify(group),
      keepMs(neededUntilUs, matches[0]?.timeUs ?? neededUntilUs),
      String(neededUntilUs),
      maxGroups,
      waits ? 1 : 0,
      encodeSettled(first.settled),
      encodeReported(first.reported),
      String(reachUs),
      ...matches.flatMap((match) => [String(match.timeUs), encodeMatch(match)]),
    ]);
    const [watermark, evictedGroups, tooLate, states] = await run<[string, number, number, (RawState | null)[]]>(
      'take',
      JSON.stringify(Object.fromEntries(behind)),
      JSON.stringify(packed),
    );
    return {
      watermarkUs: watermark === '' ? undefined : Number(watermark),
      evictedGroups,
      tooLate,
      groups: additions.map(({ window }, at) => {
        const state = states[at];
        return state ? heldOf(window, state) : undefined;
      }),
    };
  };

  return {
    async take(additions, behind) {
      const parts = await Promise.all(
        chunked(additions, ({ matches }) => matches.length + 1).map((part) => takeSome(part, behind)),
      );
      return {
        watermarkUs: parts.at(-1)?.watermarkUs,
        evictedGroups: parts.reduce((sum, { evictedGroups }) => sum + evictedGroups, 0),
        tooLate: parts.reduce((sum, { tooLate }) => sum + tooLate, 0),
        groups: parts.flatMap(({ groups }) => groups),
      };
    },
    async announce(announcements) {
      const answers: ({ revision: number | undefined } | { moved: HeldGroup })[] = [];
      for (const part of chunked(announcements, () => 10)) {
        const packed = part.map(({ held, runs, neededUntilUs }) => [
          held.window,
          groupId(held.group),
          held.revision === undefined ? '' : String(held.revision),
          keepMs(neededUntilUs, Math.min(...[...runs.values()].map(({ firstUs }) => firstUs))),
          encodeReported(runs),
        ]);
        const [revisions, back] = await run<[string[], [number, RawState][]]>('announce', JSON.stringify(packed));
        const moved = new Map(back);
        revisions.forEach((revision, at) => {
          const state = moved.get(at + 1);
          if (state) answers.push({ moved: heldOf(part[at]!.held.window, state) });
          else answers.push({ revision: revision === '' ? undefined : Number(revision) });
        });
      }
      return answers;
    },
    async settle(settlements) {
      const moved: HeldGroup[] = [];
      for (const part of chunked(settlements, () => 10)) {
        const packed = part.map(({ held, next, keepFromUs, waitingUs, neededUntilUs, ends, endsNoMore }) => [
          held.window,
          groupId(held.group),
          String(held.revision),
          String(next.settled.toUs),
          encodeSettled(next.settled),
          String(keepFromUs),
          waitingUs === undefined ? '' : String(waitingUs),
          String(neededUntilUs),
          keepMs(neededUntilUs, next.settled.toUs < 0 ? neededUntilUs : next.settled.toUs),
          encodeReported(next.reported),
          [...ends].flatMap(([name, atUs]) => [String(atUs), name]),
          endsNoMore,
        ]);
        const [back] = await run<[[number, RawState][]]>('settle', JSON.stringify(packed));
        for (const [at, state] of back) moved.push(heldOf(part[at - 1]!.held.window, state));
      }
      return moved;
    },
    async waiting(window, toUs, limit) {
      const ids = await redis.zrangebyscore(`${root}:waiting:${window}`, '-inf', toUs, 'LIMIT', 0, limit);
      const pipeline = redis.pipeline();
      for (const id of ids) {
        const of = (kind: string): string => `${root}:${kind}:${window}:${id}`;
        pipeline.hmget(of('state'), 'revision', 'settled', 'group');
        pipeline.hgetall(of('reported'));
        pipeline.zrangebyscore(of('matches'), '-inf', '+inf', 'WITHSCORES');
      }
      const answers = (await pipeline.exec()) ?? [];
      const value = <T>(at: number): T => {
        const [error, answer] = answers[at]!;
        if (error) throw error;
        return answer as T;
      };
      return ids.flatMap((_, index): HeldGroup[] => {
        const [revision, settled, group] = value<(string | null)[]>(index * 3);
        if (!revision || !group) return [];
        const reported = Object.entries(value<Record<string, string>>(index * 3 + 1)).flat();
        return [heldOf(window, [revision, settled ?? '', group, reported, value<string[]>(index * 3 + 2)])];
      });
    },
    async forget(window, beforeUs, limit) {
      const [dropped] = await run<[number]>('forget', window, String(beforeUs), limit);
      return dropped;
    },
    async setProgress(progress) {
      await run(
        'progress',
        ...[...progress].flatMap(([partition, { next, appendUs }]) => [partition, next, String(appendUs)]),
      );
    },
    async progress() {
      const all = await redis.hgetall(`${root}:progress`);
      return new Map(
        Object.entries(all).map(([partition, text]) => {
          const [next, appendUs] = text.split(' ').map(Number) as [number, number];
          return [Number(partition), { next, appendUs }];
        }),
      );
    },
    async setWatermark(us) {
      await redis.set(`${root}:watermark`, String(us));
    },
    async watermark() {
      const text = await redis.get(`${root}:watermark`);
      return text === null ? undefined : Number(text);
    },
    ended: (atUs, limit) => redis.zrangebyscore(`${root}:ends`, '-inf', atUs, 'LIMIT', 0, limit),
    async forgetEnds(names) {
      if (names.length > 0) await redis.zrem(`${root}:ends`, ...names);
    },
  };
}

/** Scripts are sent once, then named by their hash; where Redis does not know them any more they are sent again. */
function scriptsOf(redis: Redis): Scripts {
  const named = {
    take: takeScript,
    announce: announceScript,
    settle: settleScript,
    forget: forgetScript,
    progress: progressScript,
  };
  const entries = Object.entries(named).map(([name, lua]) => {
    const command = `alertWindows_${name}`;
    redis.defineCommand(command, { numberOfKeys: 0, lua });
    const call = (redis as unknown as Record<string, (...args: (string | number)[]) => Promise<unknown>>)[command]!;
    return [name, call.bind(redis)] as const;
  });
  return Object.fromEntries(entries) as Scripts;
}

/** In pieces of about `perCall`, in order. */
function chunked<T>(items: readonly T[], sizeOf: (item: T) => number): T[][] {
  const pieces: T[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const item of items) {
    if (size >= perCall) {
      pieces.push([]);
      size = 0;
    }
    pieces.at(-1)!.push(item);
    size += sizeOf(item);
  }
  return pieces;
}
