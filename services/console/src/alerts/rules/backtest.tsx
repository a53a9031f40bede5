import './backtest.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import { asProblem, type Problem } from '../../api/problem.js';
import { type Range, spans, timesOf } from '../../explore/question.js';
import { TimeRange } from '../../explore/time-range.js';
import { useApp } from '../../shell/app.js';
import { Button } from '../../ui/button.js';
import { Checkbox } from '../../ui/field.js';
import { Empty, ProblemState, ProgressBar } from '../../ui/states.js';
import type { Backtest as Result } from '../types.js';
import { BacktestResult } from './backtest-result.js';
import { runBacktest } from './backtest-run.js';

/** The API looks back so far at most. */
const longestMs = 400 * 86_400_000;

/** What the rule would have found, before it is saved. */
export function Backtest({
  text,
  id,
  changed,
  runnable,
}: {
  /** As it stands in the editor. */
  text: string;
  /** Of the saved one, if there is one. */
  id: string | undefined;
  /** Whether the text is another than the saved one. */
  changed: boolean;
  runnable: boolean;
}) {
  const { api, router } = useApp();
  const [times, setTimes] = useState(false);
  const [late, setLate] = useState(false);
  const [running, setRunning] = useState<{ done: number | undefined }>();
  const [result, setResult] = useState<{ data: Result; text: string }>();
  const [problem, setProblem] = useState<Problem>();
  const stopping = useRef<AbortController>(undefined);
  useEffect(() => () => stopping.current?.abort(), []);

  const name = spans.find((one) => one.name === router.text('over'))?.name ?? '7d';
  const range: Range = router.text('from')
    ? { kind: 'between', from: router.text('from'), to: router.text('to') || undefined }
    : { kind: 'last', name };

  const run = async (): Promise<void> => {
    stopping.current?.abort();
    const mine = new AbortController();
    stopping.current = mine;
    setRunning({ done: undefined });
    setProblem(undefined);
    const now = Date.now();
    const { from = new Date(now - longestMs + 60_000).toISOString(), to } = timesOf(range, now);
    const draft = changed || id === undefined ? text : undefined;
    const asked = { text: draft, id, from, to, against: draft !== undefined && id !== undefined, late };
    try {
      const onProgress = (done: number): void => setRunning({ done });
      const data = await runBacktest(api, asked, { signal: mine.signal, onProgress });
      setResult({ data, text });
    } catch (error) {
      if (!mine.signal.aborted) setProblem(asProblem(error));
    }
    if (stopping.current === mine) setRunning(undefined);
  };
  return (
    <section class="backtest" aria-label="Backtest">
      <div class="backtest-bar">
        <TimeRange
          range={range}
          open={times}
          onOpen={setTimes}
          onChange={(chosen) =>
            router.change(
              chosen.kind === 'last'
                ? { over: chosen.name, from: undefined, to: undefined }
                : { over: undefined, from: chosen.from, to: chosen.to },
            )
          }
        />
        <Checkbox label="Also events that came late (imported logs)" checked={late} onChange={setLate} />
        {running ? (
          <Button
            onClick={() => {
              stopping.current?.abort();
              setRunning(undefined);
            }}
          >
            Stop
          </Button>
        ) : (
          <Button look="primary" icon="play" disabled={!runnable} onClick={() => void run()}>
            Try it over the past
          </Button>
        )}
      </div>
      {running && <ProgressBar done={running.done} label="Backtest" note="Reading events and judging them" />}
      {problem && !running && <ProblemState problem={problem} again={() => void run()} />}
      {result && !problem ? (
        <div class={running ? 'stale' : ''}>
          {result.text !== text && <p class="backtest-old">The text was changed since; this is of the one before.</p>}
          <BacktestResult data={result.data} />
        </div>
      ) : !running && !problem ? (
        <Empty icon="clock" title="Not tried yet">
          {runnable
            ? 'It is judged as if it had been switched on at the beginning of the time; nothing is saved, nobody is told.'
            : 'It can be tried once it can be read.'}
        </Empty>
      ) : null}
    </section>
  );
}
