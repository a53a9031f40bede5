import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { Timeseries } from '../api/types.js';
import { useApp } from '../shell/app.js';
import { formatCompact, formatDay, formatLocal, formatNumber, formatTime } from '../ui/format.js';
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
  const { theme } = useApp();
  const box = useRef<HTMLDivElement>(null);
  const newest = useRef(onRange);
  newest.current = onRange;
  const chosen = theme.value;
  useEffect(() => {
    const element = box.current!;
    const tops = stacked(series, data.buckets.length).reverse();
    const times = data.buckets.map(({ start }) => Date.parse(start) / 1_000);
    const options = optionsOf({
      data,
      series,
      colours,
      element,
      heightPx,
      onRange: (...range) => newest.current(...range),
    });
    const chart = new uPlot(options, [times, ...tops], element);
    const watch = new ResizeObserver(([entry]) => {
      const width = Math.floor(entry!.contentRect.width);
      if (width > 0 && width !== chart.width) chart.setSize({ width, height: heightPx });
    });
    watch.observe(element);
    return () => {
      watch.disconnect();
      chart.destroy();
    };
  }, [data, chosen]);
  return <div ref={box} class="overview-chart" style={{ height: `${heightPx}px` }} role="img" aria-label={label} />;
}

function optionsOf({
  data,
  series,
  colours,
  element,
  heightPx,
  onRange,
}: {
  data: Timeseries;
  series: readonly Series[];
  colours: readonly string[];
  element: HTMLElement;
  heightPx: number;
  onRange: (from: string, to: string) => void;
}): uPlot.Options {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  const bars = uPlot.paths.bars!({ size: [0.86, 28], align: 1, gap: 1 });
  const axis = { stroke: token('--text-faint'), font: `11px ${style.fontFamily}`, ticks: { show: false } };
  const [first, last] = [data.buckets[0], data.buckets.at(-1)];
  const range: uPlot.Range.MinMax = first
    ? [Date.parse(first.start) / 1_000, Date.parse(last!.start) / 1_000 + data.interval_seconds]
    : [0, 1];
  return {
    width: Math.max(200, element.clientWidth),
    height: heightPx,
    padding: [8, 20, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
    scales: { x: { time: true, range: () => range }, y: { range: (_, __, max) => [0, Math.max(1, max)] } },
    axes: [
      { ...axis, size: 20, gap: 4, space: 84, grid: { show: false }, values: (_, ticks) => ticks.map(tickText) },
      {
        ...axis,
        size: 44,
        gap: 6,
        space: 30,
        grid: { stroke: token('--line'), width: 1 },
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 1e7],
        values: (_, ticks) => ticks.map((tick) => formatCompact(tick)),
      },
    ],
    // The tallest is drawn first, so that the lower ones stand before it.
    series: [
      {},
      ...series
        .map((_, at) => ({ fill: token(colours[at % colours.length]!), paths: bars, points: { show: false } }))
        .reverse(),
    ],
    hooks: {
      setSelect: [
        (chart) => {
          const { left, width } = chart.select;
          if (width < 3) return;
          const at = (x: number): string => new Date(chart.posToVal(x, 'x') * 1_000).toISOString();
          onRange(at(left), at(left + width));
        },
      ],
      setCursor: [(chart) => showHint(chart, data, series)],
    },
  };
}

function tickText(seconds: number, _: number, all: readonly number[]): string {
  const ms = seconds * 1_000;
  const step = (all[1] ?? seconds) - (all[0] ?? seconds);
  const midnight = new Date(ms).getHours() === 0 && new Date(ms).getMinutes() === 0;
  return midnight || step >= 86_400 ? formatDay(ms) : formatTime(ms, step < 60);
}

/** What the pointer is at, in words. */
function showHint(chart: uPlot, { buckets, interval_seconds }: Timeseries, series: readonly Series[]): void {
  const { left = -1 } = chart.cursor;
  const at = Math.floor((chart.posToVal(left, 'x') - Date.parse(buckets[0]?.start ?? '') / 1_000) / interval_seconds);
  const bucket = left < 0 ? undefined : buckets[at];
  let hint = chart.over.querySelector<HTMLElement>('.overview-hint');
  if (!bucket) {
    hint?.remove();
    return;
  }
  if (!hint) {
    hint = document.createElement('div');
    hint.className = 'overview-hint';
    chart.over.append(hint);
  }
  const parts = series
    .map(({ label, counts }) => ({ label, count: counts[at] ?? 0 }))
    .filter(({ count }) => count > 0)
    .map(({ label, count }) => `${label} ${formatNumber(count)}`);
  const when = formatLocal(bucket.start, { seconds: interval_seconds < 60 });
  hint.textContent = [when, parts.join(', ') || 'none'].join('\n');
  hint.style.left = `${Math.max(0, Math.min(left + 8, chart.over.clientWidth - hint.offsetWidth))}px`;
}
