import 'uplot/dist/uPlot.min.css';
import './time-chart.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import type { Timeseries } from '../api/types.js';
import { useApp } from '../shell/app.js';
import { formatCompact, formatDay, formatTime } from './format.js';

/** One kind of bar; `colour` is the name of a token. Those that come later stand before the others. */
export interface Bars {
  colour: string;
  /** Of the legend. */
  label?: string;
  values: readonly number[];
}

export interface TimeChartProps {
  /** Beginnings of the steps, seconds since 1970, ascending. */
  times: readonly number[];
  bars: readonly Bars[];
  /** What the axis shows: from, and to, in seconds. */
  range: readonly [number, number];
  heightPx: number;
  /** The chart in words. */
  label: string;
  class: string;
  /** What is said of a step that the pointer is at; lines apart by line ends. */
  hint: (step: number) => string;
  legend?: boolean;
  /** Dragging over the chart chooses a time. */
  onRange?: (from: string, to: string) => void;
}

export const timesOf = ({ buckets }: Timeseries): number[] => buckets.map(({ start }) => Date.parse(start) / 1_000);

/** From the first bucket to the end of the last. */
export function rangeOf({ buckets, interval_seconds }: Timeseries): readonly [number, number] {
  const [first, last] = [buckets[0], buckets.at(-1)];
  if (!first || !last) return [0, 1];
  return [Date.parse(first.start) / 1_000, Date.parse(last.start) / 1_000 + interval_seconds];
}

/** Bars over time. */
export function TimeChart(props: TimeChartProps) {
  const { theme } = useApp();
  const system = useSystemTheme();
  const box = useRef<HTMLDivElement>(null);
  const newest = useRef(props);
  newest.current = props;
  const { heightPx, times, bars } = props;
  useEffect(() => {
    const element = box.current!;
    const data: uPlot.AlignedData = [[...times], ...bars.map(({ values }) => [...values])];
    const draw = (): uPlot => new uPlot(optionsOf(newest, element), data, element);
    let chart = draw();
    // Paper is light, whatever the screen is.
    const onPaper = (scheme: string) => (): void => {
      element.style.colorScheme = scheme;
      chart.destroy();
      chart = draw();
    };
    const [beforePrint, afterPrint] = [onPaper('light'), onPaper('')];
    addEventListener('beforeprint', beforePrint);
    addEventListener('afterprint', afterPrint);
    const watch = new ResizeObserver(([entry]) => {
      const width = Math.floor(entry!.contentRect.width);
      if (width > 0 && width !== chart.width) chart.setSize({ width, height: heightPx });
    });
    watch.observe(element);
    return () => {
      watch.disconnect();
      removeEventListener('beforeprint', beforePrint);
      removeEventListener('afterprint', afterPrint);
      chart.destroy();
    };
  }, [times, bars, theme.value, system]);
  return <div ref={box} class={props.class} role="img" aria-label={props.label} />;
}

/** Whether the system is dark: what is drawn by hand is drawn anew when that changes. */
function useSystemTheme(): boolean {
  const [dark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const system = matchMedia('(prefers-color-scheme: dark)');
    const look = (): void => setDark(system.matches);
    system.addEventListener('change', look);
    return () => system.removeEventListener('change', look);
  }, []);
  return dark;
}

/** The time of the day; the day itself where one begins. */
function tickText(seconds: number, _: number, all: readonly number[]): string {
  const ms = seconds * 1_000;
  const step = (all[1] ?? seconds) - (all[0] ?? seconds);
  const midnight = new Date(ms).getHours() === 0 && new Date(ms).getMinutes() === 0;
  if (midnight || step >= 86_400) return formatDay(ms, step >= 300 * 86_400);
  return formatTime(ms, step < 60);
}

const leastDragPx = 3;

function optionsOf(newest: { readonly current: TimeChartProps }, element: HTMLElement): uPlot.Options {
  const { heightPx, bars, range, legend = false, onRange } = newest.current;
  const style = getComputedStyle(element);
  // A token is one colour for light and one for dark: only what is drawn with it says which.
  const token = (name: string): string => {
    const probe = element.appendChild(document.createElement('i'));
    probe.style.color = `var(${name})`;
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
  const [text, line] = [token('--text-faint'), token('--line')];
  const fills = bars.map(({ colour }) => token(colour));
  const paths = uPlot.paths.bars!({ size: [0.86, 28], align: 1, gap: 1 });
  const axis = { stroke: text, font: `11px ${style.fontFamily}`, ticks: { show: false } };
  return {
    width: Math.max(200, element.clientWidth),
    height: heightPx,
    padding: [8, 20, 0, 0],
    legend: { show: legend, live: false },
    cursor: { y: false, points: { show: false }, drag: { x: onRange !== undefined, y: false, setScale: false } },
    scales: {
      x: { time: true, range: () => [range[0], range[1]] },
      y: { range: (_, __, max) => [0, Math.max(1, max)] },
    },
    axes: [
      { ...axis, size: 20, gap: 4, space: 84, grid: { show: false }, values: (_, ticks) => ticks.map(tickText) },
      {
        ...axis,
        size: 44,
        gap: 6,
        // So that of 1, 2, 5 … at least one fits below the greatest value, however flat the chart is.
        space: heightPx < 100 ? 20 : 26,
        grid: { stroke: line, width: 1 },
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 1e7],
        values: (_, ticks) => ticks.map((tick) => formatCompact(tick)),
      },
    ],
    series: [
      {},
      ...bars.map(({ label }, at) => ({
        ...(label === undefined ? {} : { label }),
        fill: fills[at]!,
        stroke: fills[at]!,
        width: 0,
        paths,
        points: { show: false },
      })),
    ],
    hooks: {
      setSelect: [
        (chart) => {
          const { left, width } = chart.select;
          if (width < leastDragPx) return;
          const at = (x: number): string => new Date(chart.posToVal(x, 'x') * 1_000).toISOString();
          newest.current.onRange?.(at(left), at(left + width));
        },
      ],
      setCursor: [(chart) => showHint(chart, newest.current)],
    },
  };
}

/** The step whose time the pointer is in; -1 where it is outside of all. */
function stepAt(chart: uPlot, { times, range }: TimeChartProps): number {
  const { left = -1 } = chart.cursor;
  if (left < 0) return -1;
  const seconds = chart.posToVal(left, 'x');
  return seconds >= range[1] ? -1 : times.findLastIndex((time) => time <= seconds);
}

/** What the pointer is at, as the browser's own hint would, but at once. */
function showHint(chart: uPlot, props: TimeChartProps): void {
  const step = stepAt(chart, props);
  let hint = chart.over.querySelector<HTMLElement>('.chart-hint');
  if (step < 0) {
    hint?.remove();
    return;
  }
  if (!hint) {
    hint = document.createElement('div');
    hint.className = 'chart-hint';
    chart.over.append(hint);
  }
  hint.textContent = props.hint(step);
  const left = chart.cursor.left!;
  hint.style.left = `${Math.max(0, Math.min(left + 8, chart.over.clientWidth - hint.offsetWidth))}px`;
}
