import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { useApp } from '../../shell/app.js';
import { counted, formatCompact, formatDay, formatLocal, formatTime } from '../../ui/format.js';
import type { Backtest } from '../types.js';

const heightPx = 140;

/** Hits as bars, and before them the alerts that begin. */
export default function BacktestChart({ data }: { data: Backtest }) {
  const { theme } = useApp();
  const box = useRef<HTMLDivElement>(null);
  const chosen = theme.value;
  useEffect(() => {
    const element = box.current!;
    const chart = new uPlot(optionsOf(data, element), seriesOf(data), element);
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
  const words = `Over time: ${counted(data.hits_total, 'hit')} and ${counted(data.findings_total, 'alert')}`;
  return <div ref={box} class="backtest-chart" role="img" aria-label={words} />;
}

const secondsOf = (iso: string): number => Date.parse(iso) / 1_000;

const seriesOf = ({ over_time }: Backtest): uPlot.AlignedData => [
  over_time.map(({ at }) => secondsOf(at)),
  over_time.map(({ hits }) => hits),
  over_time.map(({ findings }) => findings),
];

function tickText(seconds: number): string {
  const at = new Date(seconds * 1_000);
  return at.getHours() === 0 && at.getMinutes() === 0 ? formatDay(at.getTime()) : formatTime(at.getTime());
}

function optionsOf({ over_time, from, to }: Backtest, element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  const bars = uPlot.paths.bars!({ size: [0.8, 24], align: 1, gap: 1 });
  const axis = { stroke: token('--text-faint'), font: `11px ${style.fontFamily}`, ticks: { show: false } };
  const [first, second] = over_time;
  const step = first && second ? secondsOf(second.at) - secondsOf(first.at) : 60;
  const range: uPlot.Range.MinMax = [
    Math.min(secondsOf(from), first ? secondsOf(first.at) : Number.POSITIVE_INFINITY),
    Math.max(secondsOf(to), first ? secondsOf(over_time.at(-1)!.at) + step : 0),
  ];
  return {
    width: Math.max(200, element.clientWidth),
    height: heightPx,
    padding: [8, 24, 0, 0],
    legend: { show: true, live: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false, setScale: false } },
    scales: { x: { time: true, range: () => range }, y: { range: (_, __, max) => [0, Math.max(1, max)] } },
    axes: [
      { ...axis, size: 20, gap: 4, space: 84, grid: { show: false }, values: (_, ticks) => ticks.map(tickText) },
      {
        ...axis,
        size: 44,
        gap: 6,
        space: 28,
        grid: { stroke: token('--line'), width: 1 },
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 1e4, 2e4, 5e4, 1e5, 1e6],
        values: (_, ticks) => ticks.map((tick) => formatCompact(tick)),
      },
    ],
    series: [
      {},
      {
        label: 'Hits',
        fill: token('--line-strong'),
        stroke: token('--line-strong'),
        width: 0,
        paths: bars,
        points: { show: false },
      },
      { label: 'Alerts', fill: token('--bad'), stroke: token('--bad'), width: 0, paths: bars, points: { show: false } },
    ],
    hooks: { setCursor: [(chart) => showHint(chart, over_time)] },
  };
}

/** What the pointer is at. */
function showHint(chart: uPlot, steps: Backtest['over_time']): void {
  const { left = -1, idx } = chart.cursor;
  const step = left < 0 || idx === null || idx === undefined ? undefined : steps[idx];
  let hint = chart.over.querySelector<HTMLElement>('.backtest-hint');
  if (!step) {
    hint?.remove();
    return;
  }
  if (!hint) {
    hint = document.createElement('div');
    hint.className = 'backtest-hint';
    chart.over.append(hint);
  }
  hint.textContent = `${formatLocal(step.at, { seconds: false })} · ${counted(step.hits, 'hit')}, ${counted(step.findings, 'alert')}`;
  hint.style.left = `${Math.max(0, Math.min(left + 8, chart.over.clientWidth - hint.offsetWidth))}px`;
}
