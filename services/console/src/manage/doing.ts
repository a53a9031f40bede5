import { useState } from 'preact/hooks';
import { asProblem, type Problem } from '../api/problem.js';

/** Something that a person asked for and that changes something: one at a time, and what came of it. */
export function useDoing(): {
  busy: boolean;
  problem: Problem | undefined;
  /** Tells whether it was done. */
  run: (work: () => Promise<void>) => Promise<boolean>;
} {
  const [state, setState] = useState<{ busy: boolean; problem: Problem | undefined }>({
    busy: false,
    problem: undefined,
  });
  return {
    ...state,
    async run(work) {
      setState({ busy: true, problem: undefined });
      try {
        await work();
        setState({ busy: false, problem: undefined });
        return true;
      } catch (error) {
        setState({ busy: false, problem: asProblem(error) });
        return false;
      }
    },
  };
}
