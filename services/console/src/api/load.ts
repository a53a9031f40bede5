import { type ReadonlySignal, signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { asProblem, type Problem } from './problem.js';

/** What became of asking. While it is asked again, `data` is what it was. */
export interface Loaded<T> {
  readonly loading: boolean;
  readonly data: T | undefined;
  readonly problem: Problem | undefined;
}

export interface Loading<T> {
  readonly state: ReadonlySignal<Loaded<T>>;
  /** Asks, again; what was under way is given up. `fresh` forgets what was there, as for another question. */
  run(load: (signal: AbortSignal) => Promise<T>, how?: { fresh?: boolean }): void;
  stop(): void;
}

/** One question at a time, and its newest answer. */
export function createLoading<T>(): Loading<T> {
  const state = signal<Loaded<T>>({ loading: true, data: undefined, problem: undefined });
  let running: AbortController | undefined;
  const stop = (): void => running?.abort();
  return {
    state,
    stop,
    run(load, { fresh = false } = {}) {
      stop();
      const mine = new AbortController();
      running = mine;
      state.value = { loading: true, data: fresh ? undefined : state.peek().data, problem: undefined };
      load(mine.signal).then(
        (data) => {
          if (!mine.signal.aborted) state.value = { loading: false, data, problem: undefined };
        },
        (error: unknown) => {
          if (mine.signal.aborted) return;
          state.value = { loading: false, data: state.peek().data, problem: asProblem(error) };
        },
      );
    },
  };
}

/** Asks when the component comes, and again when `question` changes; gives up when it goes. */
export function useLoad<T>(
  question: string,
  load: (signal: AbortSignal) => Promise<T>,
): Loaded<T> & { again: () => void } {
  const loading = useMemo(() => createLoading<T>(), []);
  useEffect(() => {
    loading.run(load, { fresh: true });
    return loading.stop;
  }, [question]);
  return { ...loading.state.value, again: () => loading.run(load) };
}
