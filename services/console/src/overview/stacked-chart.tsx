import { useMemo } from 'preact/hooks';
import type { Timeseries } from '../api/types.js';
import { formatLocal, formatNumber } from '../ui/format.js';
import { rangeOf, TimeChart, timesOf } from '../ui/time-chart.js';
import { type Series, stacked } from './question.js';

/** Bars on top of each other. Dragging over them gives the time between. `colours` are names of tokens. */
export function StackedChart({
  data,
  series,
  colours,
  label,
  heightPx = 180,
  onRange,
}: {
  data: Timeseries;
  series: readonly Series[];
  colours: readonly string[];
  label: string;
  heightPx?: number;
  onRange: (from: string, to: string) => void;
}) {
  const { times, bars } = useMemo(() => {
    const tops = stacked(series, data.buckets.length);
    // The tallest is drawn first, so that the lower ones stand before it.
    const bars = tops.map((values, at) => ({ colour: colours[at % colours.length]!, values })).reverse();
    return { times: timesOf(data), bars };
  }, [data]);
  const hint = (at: number): string => {
    const parts = series
      .map((one) => ({ label: one.label, count: one.counts[at] ?? 0 }))
      .filter(({ count }) => count > 0)
      .map((one) => `${one.label} ${formatNumber(one.count)}`);
    const when = formatLocal(data.buckets[at]!.start, { seconds: data.interval_seconds < 60 });
    return [when, parts.join(', ') || 'none'].join('\n');
  };
  return (
    <div style={{ height: `${heightPx}px` }}>
      <TimeChart
        class="overview-chart"
        label={label}
        times={times}
        bars={bars}
        range={rangeOf(data)}
        heightPx={heightPx}
        hint={hint}
        onRange={onRange}
      />
    </div>
  );
}
