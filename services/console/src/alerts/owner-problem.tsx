import type { Problem } from '../api/problem.js';
import { ProblemState, State } from '../ui/states.js';

/** As any problem; where it cannot be known whose rules, silences or channels are meant, what to do about it. */
export function OwnerProblem({ problem, again }: { problem: Problem; again: () => void }) {
  if (problem.of('x-organization-id').length === 0) return <ProblemState problem={problem} again={again} />;
  return (
    <State icon="organization" title="Whose?">
      <p>You may look at several organizations, and each has its own. Choose one below the navigation.</p>
    </State>
  );
}
