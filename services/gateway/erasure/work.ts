import { setTimeout as sleep } from 'node:timers/promises';
import type { StandingList } from '../../core/erasure/index.js';
import { SealstreamError } from '../../core/errors.js';
import type { Records } from '../query/records.js';
import type { Announcer } from './announcer.js';
import type { Erasure, ErasureTable } from './erasure-table.js';
import { type Finder, type FoundUpTo, scopesOfErasure } from './find.js';
import type { OldFiles } from './old-files.js';
import type { FoundPart, PartTable } from './part-table.js';
import type { Quarantined } from './quarantined.js';
import type { Rewriter } from './rewrite.js';
import { readSubject, type Subject } from './subject.js';

/** Steps between which a crash can fall. Tests stop the process at each of them. */
export const workSteps = [
  'found',
  'published',
  'listed',
  'events_rewritten',
  'quarantine_rewritten',
  'salts_rewritten',
  'findings_rewritten',
  'files_removed',
  'subject_forgotten',
  'completed',
] as const;
export type WorkStep = (typeof workSteps)[number];

export interface WorkParts {
  erasures: ErasureTable;
  parts: PartTable;
  finder: Finder;
  quarantined: Quarantined;
  rewriter: Rewriter;
  eraseFindings: (erasureId: string) => Promise<number>;
  oldFiles: OldFiles;
  announcer: Announcer;
  standing: StandingList;
  records: Records;
  /** Of the events topic as it is now, hex. */
  incarnation: () => string;
  /**
   * How long after the last part was named the table is looked at for the last time: every consumer has read the list anew by then, so
   * nothing that an older list let through comes later.
   */
  settleMs: number;
  pollMs: number;
  onStep: (step: WorkStep) => void;
  now: () => number;
}

/** A mutation names at most so many parts. */
const chunkParts = 50_000;
/** Looks that only find what was named and rewritten already: something undoes the work, and people must know. */
const mostFruitless = 3;

/** Does everything that is left of an erasure; what was done before, by whomever, is left out or done again to the same effect. */
export async function workOn(erasure: Erasure, work: WorkParts, signal: AbortSignal): Promise<void> {
  const { erasures, oldFiles, announcer, onStep, now } = work;
  let current = erasure;
  const put = async (change: Partial<Erasure>): Promise<void> => {
    signal.throwIfAborted();
    current = { ...current, ...change, version: Math.max(current.version + 1, now() * 1_000) };
    await erasures.put(current);
  };

  if (current.subject !== undefined) {
    const subject = readSubject(current.subject, { nowMs: current.requestedAtMs });
    for (let again = true; again; ) {
      await eraseAll({ subject, work, signal, get: () => current, put });
      const replacedBy = await oldFiles.now();
      const settledAt = now() + work.settleMs;
      await put({ state: 'removing', error: '' });
      while (now() < settledAt || (await oldFiles.left(replacedBy)) > 0)
        await sleep(work.pollMs, undefined, { signal });
      // Whatever came back meanwhile, from a consumer that had not heard of it.
      again = await findAll({ subject, work, signal, get: () => current, put });
      for await (const chunk of work.parts.chunks(current.id, chunkParts))
        again ||= (await work.rewriter.unsalted(chunk)) > 0;
    }
    onStep('files_removed');
    await erasures.forgetSubject(current.id);
    onStep('subject_forgotten');
  }
  await announcer.completed(current);
  onStep('completed');
  await put({ state: 'done', subject: undefined, completedAtMs: now(), error: '' });
}

interface Stage {
  subject: Subject;
  work: WorkParts;
  signal: AbortSignal;
  get: () => Erasure;
  put: (change: Partial<Erasure>) => Promise<void>;
}

/** Finds and rewrites until nothing is found any more and the consumer has stored all that Kafka had when it was asked for. */
async function eraseAll(stage: Stage): Promise<void> {
  const { work, signal, get, put } = stage;
  let fruitless = 0;
  for (let first = true; ; first = false) {
    const passed = await hasPassed(stage);
    const named = get().partsListed;
    const found = await findAll(stage);
    if (found || first) await rewriteAll(stage);
    if (found) {
      fruitless = get().partsListed === named ? fruitless + 1 : 0;
      if (fruitless < mostFruitless) continue;
      throw new SealstreamError(
        'erasure_undone',
        'rows of erased parts are there again after they were rewritten, time and again: something inserts them without the list',
      );
    }
    if (passed) return;
    await put({ state: 'waiting', error: '' });
    await sleep(work.pollMs, undefined, { signal });
  }
}

/** Whether everything below the erasure's bounds is stored. What another incarnation of the topic had left will not come any more. */
async function hasPassed({ work, get }: Stage): Promise<boolean> {
  const { incarnation, bounds } = get();
  if (incarnation !== work.incarnation()) return true;
  const stored = await work.records.stored(Buffer.from(incarnation, 'hex'));
  return bounds.every((bound, partition) => (stored.get(partition) ?? 0) >= bound);
}

/** Looks for the subject's parts and names those that nobody named. Whether there were any, named or not. */
async function findAll({ subject, work, signal, get, put }: Stage): Promise<boolean> {
  const { finder, quarantined } = work;
  const { parts, incarnation, bounds } = get();
  const stored = await work.records.stored(Buffer.from(incarnation, 'hex'));
  const below = bounds.map((bound, partition) => Math.min(bound, stored.get(partition) ?? 0));
  const scopes = scopesOfErasure(get());
  await put({ state: 'finding' });
  let any = false;
  const name = async (found: FoundPart[]): Promise<void> => {
    any = true;
    await nameParts(found, { work, signal, get, put });
  };
  for (const scope of scopes) {
    let after: FoundUpTo | undefined;
    do {
      const page = await finder.page({ scope, subject, parts, incarnation, below }, after, signal);
      if (page.parts.length > 0) await name(page.parts);
      after = page.upTo;
    } while (after);
  }
  const { unreadable } = await quarantined.find({ scopes, subject, parts, incarnation, below, onParts: name });
  if (unreadable !== get().unreadable) await put({ unreadable });
  return any;
}

/** The signed events first, and those in the table; then the list that everybody obeys. */
async function nameParts(
  found: readonly FoundPart[],
  { work, signal, get, put }: Pick<Stage, 'work' | 'signal' | 'get' | 'put'>,
): Promise<void> {
  const { parts, announcer, standing, onStep } = work;
  const { id } = get();
  const { unlisted, others } = await parts.notOwn(found, id);
  onStep('found');
  const listedElsewhere = new Map(others.map((part) => [part, part.listedIn]));
  await parts.insert(others, {
    erasureId: id,
    listedIn: (part) => listedElsewhere.get(part as (typeof others)[number])!,
  });
  if (unlisted.length > 0) {
    const { listedIn, listDigest } = await announcer.listed(get(), unlisted, signal);
    onStep('published');
    await parts.insert(unlisted, { erasureId: id, listedIn });
    await put({ listDigest });
  }
  if (unlisted.length + others.length === 0) return;
  onStep('listed');
  await standing.refresh();
  await put(await parts.counts(id));
}

async function rewriteAll({ work, signal, get, put }: Stage): Promise<void> {
  const { parts, rewriter, quarantined, standing, eraseFindings, onStep } = work;
  const { id } = get();
  await put({ state: 'rewriting', error: '' });
  await standing.refresh();
  await quarantined.rewrite(standing);
  onStep('quarantine_rewritten');
  for await (const chunk of parts.chunks(id, chunkParts)) {
    signal.throwIfAborted();
    const unsalted = await rewriter.unsalted(chunk);
    await rewriter.events(chunk, get().parts);
    onStep('events_rewritten');
    // Last: as long as a salt is there, everybody sees that the chunk is not done.
    if (unsalted > 0) await rewriter.salts(chunk);
    onStep('salts_rewritten');
  }
  const findings = await eraseFindings(id);
  onStep('findings_rewritten');
  // From the tables: a run that was cut short may have changed what it had not noted yet.
  await put({ findings, ...(await parts.counts(id)) });
}
