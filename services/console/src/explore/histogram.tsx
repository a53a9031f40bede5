import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { Timeseries } from '../api/types.js';
import { useApp } from '../shell/app.js';
import { formatCompact, formatDay, formatLocal, formatNumber, formatTime } from '../ui/format.js';

const heightPx = 84;

/** Bars of all events, and before them of those that did not succeed. Dragging over it chooses the time. */
export function Histogram({ data, onRange }: { data: Timeseries; onRange: (from: string, to: string) => void }) {
  const { theme } = useApp();
  const box = useRef<HTMLDivElement>(null);
  const newest = useRef(onRange);
  newest.current = onRange;
  const chosen = theme.value;

  useEffect(() => {
    const element = box.current!;
    const chart = new uPlot(
      optionsOf(data, element, (from, to) => newest.current(from, to)),
      seriesOf(data),
      element,
    );
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

  return <div ref={box} class="explore-histogram" role="img" aria-label={wordsOf(data)} />;
}

const failed = (data: Timeseries): number[] => {
  const good = data.series?.find(({ value }) => value === 'success');
  return data.buckets.map(({ count }, at) => count - (good?.counts[at] ?? 0));
};

const seriesOf = (data: Timeseries): uPlot.AlignedData => [
  data.buckets.map(({ start }) => Date.parse(start) / 1_000),
  data.buckets.map(({ count }) => count),
  failed(data),
];

/** The time of the day; the day itself where one begins. */
function tickText(seconds: number, _: number, all: readonly number[]): string {
  const ms = seconds * 1_000;
  const steps = (all[1] ?? seconds) - (all[0] ?? seconds);
  const midnight = new Date(ms).getHours() === 0 && new Date(ms).getMinutes() === 0;
  if (midnight || steps >= 86_400) return formatDay(ms, steps >= 300 * 86_400);
  return formatTime(ms, steps < 60);
}

function wordsOf(data: Timeseries): string {
  const bad = failed(data).reduce((sum, count) => sum + count, 0);
  return `Events over time, in steps of ${data.interval}: ${formatNumber(data.total)}, of which ${formatNumber(bad)} did not succeed`;
}

function optionsOf(data: Timeseries, element: HTMLElement, onRange: (from: string, to: string) => void): uPlot.Options {
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
    padding: [8, 12, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
    scales: { x: { time: true, range: () => range }, y: { range: (_, __, max) => [0, Math.max(1, max)] } },
    axes: [
      { ...axis, size: 20, gap: 4, space: 84, grid: { show: false }, values: (_, ticks) => ticks.map(tickText) },
      {
        ...axis,
        size: 44,
        gap: 6,
        space: 24,
        grid: { stroke: token('--line'), width: 1 },
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 1e7],
        values: (_, ticks) => ticks.map((tick) => formatCompact(tick)),
      },
    ],
    series: [
      {},
      { fill: token('--line-strong'), paths: bars, points: { show: false } },
      { fill: token('--bad'), paths: bars, points: { show: false } },
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
      setCursor: [(chart) => showHint(chart, data)],
    },
  };
}

/** What the pointer is at, as the browser's own hint would, but at once. */
function showHint(chart: uPlot, data: Timeseries): void {
  const at = chart.cursor.left === undefined || chart.cursor.left < 0 ? -1 : Math.floor(bucketAt(chart, data));
  const bucket = data.buckets[at];
  let hint = chart.over.querySelector<HTMLElement>('.explore-hint');
  if (!bucket) {
    hint?.remove();
    return;
  }
  if (!hint) {
    hint = document.createElement('div');
    hint.className = 'explore-hint';
    chart.over.append(hint);
  }
  const bad = failed(data)[at]!;
  const when = formatLocal(bucket.start, { seconds: data.interval_seconds < 60 });
  hint.textContent = `${when} · ${formatNumber(bucket.count)}${bad > 0 ? `, ${formatNumber(bad)} not successful` : ''}`;
  const left = chart.cursor.left!;
  hint.style.left = `${Math.max(0, Math.min(left + 8, chart.over.clientWidth - hint.offsetWidth))}px`;
}

const bucketAt = (chart: uPlot, { buckets, interval_seconds }: Timeseries): number =>
  (chart.posToVal(chart.cursor.left!, 'x') - Date.parse(buckets[0]?.start ?? '') / 1_000) / interval_seconds;
