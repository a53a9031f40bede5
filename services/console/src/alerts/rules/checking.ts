import { type ReadonlySignal, signal } from '@preact/signals';
import type { Api } from '../../api/call.js';
import { asProblem, type Problem } from '../../api/problem.js';
import type { TestRun, Validation } from '../types.js';

export type Checked =
  | { kind: 'checking' }
  /** Nobody asked: the text cannot be changed. */
  | { kind: 'unasked' }
  | { kind: 'valid'; validation: Validation; tests: TestRun | undefined }
  | { kind: 'invalid'; faults: readonly { line: number; column: number; text: string }[]; problem: Problem }
  | { kind: 'failed'; problem: Problem };

/** Reads a text as it is typed: asks the gateway once nothing was typed for a while, and for its tests where it can be run. */
export interface Checking {
  readonly checked: ReadonlySignal<Checked>;
  check(draft: { text: string; id: string | undefined }): void;
  stop(): void;
}

const quietMs = 350;

export function createChecking({ api }: { api: Api }): Checking {
  const checked = signal<Checked>({ kind: 'checking' });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: AbortController | undefined;

  const stop = (): void => {
    clearTimeout(timer);
    running?.abort();
  };
  const ask = async (body: { text: string; id?: string }, mine: AbortSignal): Promise<Checked> => {
    try {
      const validation = await api.post<Validation>('/api/alert-rules/validate', body, mine);
      const hasTests = /\btests\b/.test(body.text);
      const tests = hasTests ? await api.post<TestRun>('/api/alert-rules/test', body, mine) : undefined;
      return { kind: 'valid', validation, tests };
    } catch (error) {
      const problem = asProblem(error);
      const faults = problem.errors.flatMap(({ line, column = 1, detail }) =>
        line === undefined ? [] : [{ line, column, text: detail }],
      );
      return problem.kind === 'invalid-rule' ? { kind: 'invalid', faults, problem } : { kind: 'failed', problem };
    }
  };
  return {
    checked,
    stop,
    check({ text, id }) {
      stop();
      const mine = new AbortController();
      running = mine;
      timer = setTimeout(() => {
        if (checked.peek().kind === 'failed') checked.value = { kind: 'checking' };
        void ask({ text, ...(id === undefined ? {} : { id }) }, mine.signal).then((next) => {
          if (!mine.signal.aborted) checked.value = next;
        });
      }, quietMs);
    },
  };
}
