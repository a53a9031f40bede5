import { useMemo } from 'preact/hooks';
import { counted, formatLocal } from '../../ui/format.js';
import { TimeChart } from '../../ui/time-chart.js';
import type { Backtest } from '../types.js';

const secondsOf = (iso: string): number => Date.parse(iso) / 1_000;

/** Hits as bars, and before them the alerts that begin. */
export default function BacktestChart({ data }: { data: Backtest }) {
  const { over_time: steps } = data;
  const { times, bars } = useMemo(
    () => ({
      times: steps.map(({ at }) => secondsOf(at)),
      bars: [
        { label: 'Hits', colour: '--text-faint', values: steps.map(({ hits }) => hits) },
        { label: 'Alerts', colour: '--bad', values: steps.map(({ findings }) => findings) },
      ],
    }),
    [steps],
  );
  const stepSeconds = times.length > 1 ? times[1]! - times[0]! : 60;
  const range = [
    Math.min(secondsOf(data.from), times[0] ?? Number.POSITIVE_INFINITY),
    Math.max(secondsOf(data.to), (times.at(-1) ?? Number.NEGATIVE_INFINITY) + stepSeconds),
  ] as const;
  const hint = (at: number): string => {
    const { at: time, hits, findings } = steps[at]!;
    return `${formatLocal(time, { seconds: false })} · ${counted(hits, 'hit')}, ${counted(findings, 'alert')}`;
  };
  return (
    <TimeChart
      class="backtest-chart"
      label={`Over time: ${counted(data.hits_total, 'hit')} and ${counted(data.findings_total, 'alert')}`}
      times={times}
      bars={bars}
      range={range}
      heightPx={140}
      hint={hint}
      legend
    />
  );
}
