import './checks.css';
import { useLoad } from '../../api/load.js';
import { useApp } from '../../shell/app.js';
import { Badge, LevelBadge } from '../../ui/badge.js';
import { counted } from '../../ui/format.js';
import { LoadingRows, ProblemState } from '../../ui/states.js';
import type { TestRun } from '../types.js';
import type { Checked } from './checking.js';

/** Whether the text can be run, which rules it holds, and what its tests say. `tests` asks for those of a saved, built-in one. */
export function Checks({ checked, tests }: { checked: Checked; tests: { id: string } | undefined }) {
  if (tests) return <SavedTests id={tests.id} />;
  if (checked.kind === 'unasked') return null;
  if (checked.kind === 'checking') return <LoadingRows rows={2} label="Reading the text" />;
  if (checked.kind === 'failed' && checked.problem.kind === 'conflict') {
    return (
      <Verdict good={false} words="Cannot be saved">
        <p>{checked.problem.message}</p>
      </Verdict>
    );
  }
  if (checked.kind === 'failed') return <ProblemState problem={checked.problem} />;
  if (checked.kind === 'invalid') {
    return (
      <Verdict good={false} words="Cannot be run">
        <p>
          {checked.faults.length > 0
            ? `${counted(checked.faults.length, 'fault')}, marked in the text.`
            : checked.problem.message}
        </p>
      </Verdict>
    );
  }
  const { rules, warnings } = checked.validation;
  return (
    <>
      <Verdict good words="Can be run">
        {warnings.length > 0 && <p>{counted(warnings.length, 'thing')} may not be meant as written.</p>}
        <ul class="checks-rules">
          {rules.map(({ id, title, level, alerts }) => (
            <li key={id}>
              {alerts ? <LevelBadge level={level} /> : <span class="faint">no alerts</span>}
              <span class="cut">{title}</span>
            </li>
          ))}
        </ul>
      </Verdict>
      {checked.tests ? <Tests run={checked.tests} /> : <p class="faint">It carries no tests.</p>}
    </>
  );
}

function Verdict({ good, words, children }: { good: boolean; words: string; children: preact.ComponentChildren }) {
  return (
    <section class="checks" role="status">
      <Badge tone={good ? 'good' : 'bad'} shape={good ? 'disc' : 'cross'} ground>
        {words}
      </Badge>
      {children}
    </section>
  );
}

function SavedTests({ id }: { id: string }) {
  const { api } = useApp();
  const { data, problem, again } = useLoad(id, (signal) =>
    api.post<TestRun>(`/api/alert-rules/${encodeURIComponent(id)}/test`, {}, signal),
  );
  if (problem) return <ProblemState problem={problem} again={again} />;
  return data ? <Tests run={data} /> : <LoadingRows rows={3} label="Running the tests" />;
}

function Tests({ run }: { run: TestRun }) {
  const failed = run.tests.filter(({ passed }) => !passed).length;
  if (run.tests.length === 0) return <p class="faint">It carries no tests.</p>;
  return (
    <section class="checks" aria-label="Tests" role="status">
      <Badge tone={failed === 0 ? 'good' : 'bad'} shape={failed === 0 ? 'disc' : 'cross'} ground>
        {failed === 0
          ? `${counted(run.tests.length, 'test')} passed`
          : `${failed} of ${counted(run.tests.length, 'test')} failed`}
      </Badge>
      <ul class="checks-tests">
        {run.tests.map(({ rule, name, line, passed, missing, unexpected }) => (
          <li key={`${rule} ${line} ${name}`}>
            <Badge tone={passed ? 'good' : 'bad'} shape={passed ? 'disc' : 'cross'}>
              <span class="unseen">{passed ? 'passed' : 'failed'}</span>
            </Badge>
            <span>
              {name} <span class="faint">line {line}</span>
              {!passed && (
                <span class="checks-why">
                  {[
                    missing > 0 && `${counted(missing, 'alert')} expected that did not come`,
                    unexpected > 0 && `${counted(unexpected, 'alert')} came that nobody expected`,
                  ]
                    .filter(Boolean)
                    .join('; ')}
                </span>
              )}
            </span>
          </li>
        ))}
      </ul>
      {run.untested.length > 0 && <p class="faint">{counted(run.untested.length, 'rule')} without tests.</p>}
    </section>
  );
}
