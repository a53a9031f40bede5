import { useMemo } from 'preact/hooks';
import type { Timeseries } from '../api/types.js';
import { formatLocal, formatNumber } from '../ui/format.js';
import { rangeOf, TimeChart, timesOf } from '../ui/time-chart.js';

/** Bars of all events, and before them of those that did not succeed. Dragging over it chooses the time. */
export default function Histogram({
  data,
  onRange,
}: {
  data: Timeseries;
  onRange: (from: string, to: string) => void;
}) {
  const { times, bars, bad } = useMemo(() => {
    const counts = data.buckets.map(({ count }) => count);
    const good = data.series?.find(({ value }) => value === 'success');
    const failed = counts.map((count, at) => count - (good?.counts[at] ?? 0));
    return {
      times: timesOf(data),
      bars: [
        { colour: '--line-strong', values: counts },
        { colour: '--bad', values: failed },
      ],
      bad: failed,
    };
  }, [data]);
  const hint = (at: number): string => {
    const { start, count } = data.buckets[at]!;
    const when = formatLocal(start, { seconds: data.interval_seconds < 60 });
    return `${when} · ${formatNumber(count)}${bad[at]! > 0 ? `, ${formatNumber(bad[at]!)} not successful` : ''}`;
  };
  const failures = formatNumber(bad.reduce((sum, count) => sum + count, 0));
  return (
    <TimeChart
      class="explore-histogram"
      label={`Events over time, in steps of ${data.interval}: ${formatNumber(data.total)}, of which ${failures} did not succeed`}
      times={times}
      bars={bars}
      range={rangeOf(data)}
      heightPx={84}
      hint={hint}
      onRange={onRange}
    />
  );
}
