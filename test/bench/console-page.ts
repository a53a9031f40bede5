// What happens in the page, told by the page itself.
import type { CDPSession, Page } from 'playwright-core';

/** Frames of a stretch of time. Milliseconds. */
export interface Frames {
  seconds: number;
  count: number;
  /** Between two frames, as the page got them. */
  p50: number;
  p95: number;
  p99: number;
  longest: number;
  /** Frames whose own work took more than 50 ms, by the browser's account (Long Animation Frames API). */
  long: LongFrame[];
}

/** As the Long Animation Frames API has it, milliseconds. */
export interface LongFrame {
  duration: number;
  /** Before it was drawn: tasks that came in between. */
  before: number;
  /** Of its scripts, those that were drawn with it included. */
  scripts: number;
  /** From the beginning of style and layout to its end: layout, paint. */
  layout: number;
}

/** To be there before the page is: frames, long frames, and when the first row was drawn. */
export const watching = `(() => {
  const seen = { frames: [], long: [], firstRowMs: undefined, last: undefined };
  globalThis.__seen = seen;
  const frame = (now) => {
    if (seen.last !== undefined && seen.frames.length < 200000) seen.frames.push(now - seen.last);
    seen.last = now;
    if (seen.firstRowMs === undefined && document.querySelector('.grid-row')) {
      seen.firstRowMs = now;
      // Drawn with this frame: what follows it is after it.
      requestAnimationFrame((next) => { seen.firstRowMs = next; });
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => {
    for (const { startTime, duration, renderStart, styleAndLayoutStart, scripts } of list.getEntries()) {
      seen.long.push({
        duration,
        before: renderStart > 0 ? renderStart - startTime : duration,
        scripts: scripts.reduce((sum, one) => sum + one.duration, 0),
        layout: styleAndLayoutStart > 0 ? startTime + duration - styleAndLayoutStart : 0,
      });
    }
  }).observe({ type: 'long-animation-frame', buffered: true });
})()`;

/** PerformanceResourceTiming, as far as it is asked for. */
interface Loaded {
  name: string;
  encodedBodySize: number;
}

declare const requestAnimationFrame: (draw: (nowMs: number) => void) => number;
declare const __seen: { frames: number[]; long: LongFrame[]; firstRowMs?: number; last?: number };

export async function beginFrames(page: Page): Promise<void> {
  await page.evaluate(() => {
    __seen.frames = [];
    __seen.long = [];
    delete __seen.last;
  });
}

export async function endFrames(page: Page): Promise<Frames> {
  const { frames, long } = await page.evaluate(() => ({ frames: __seen.frames, long: __seen.long }));
  const sorted = frames.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return {
    seconds: frames.reduce((sum, ms) => sum + ms, 0) / 1_000,
    count: frames.length,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    longest: sorted.at(-1) ?? 0,
    long: long.toSorted((a, b) => b.duration - a.duration),
  };
}

/** Milliseconds from the beginning of the navigation to the frame that has the first row; and what had come over the wire by then. */
export async function firstRow(page: Page): Promise<{ ms: number; bytes: number; scripts: number; requests: number }> {
  await page.locator('.grid-row').first().waitFor();
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  return page.evaluate(() => {
    const [document] = performance.getEntriesByType('navigation' as never);
    const all = [document, ...performance.getEntriesByType('resource')] as unknown as Loaded[];
    const parts = all.filter(({ name }) => !name.includes('/api/'));
    const size = (some: readonly Loaded[]): number => some.reduce((sum, one) => sum + one.encodedBodySize, 0);
    return {
      ms: __seen.firstRowMs!,
      bytes: size(parts),
      scripts: size(parts.filter(({ name }) => /\.(js|css)$/.test(name))),
      requests: parts.length,
    };
  });
}

export interface Held {
  /** In use after a collection of garbage, bytes. */
  heap: number;
  nodes: number;
  listeners: number;
  /** Work of the page's main thread so far, CPU seconds. */
  busy: number;
  script: number;
  layout: number;
}

/** What the page holds and has worked. `cdp` is a session with it. */
export async function held(cdp: CDPSession): Promise<Held> {
  await cdp.send('HeapProfiler.collectGarbage');
  const { usedSize } = await cdp.send('Runtime.getHeapUsage');
  const { metrics } = await cdp.send('Performance.getMetrics');
  const of = (name: string): number => metrics.find((one) => one.name === name)?.value ?? 0;
  return {
    heap: usedSize,
    nodes: of('Nodes'),
    listeners: of('JSEventListeners'),
    busy: of('TaskDuration'),
    script: of('ScriptDuration'),
    layout: of('LayoutDuration') + of('RecalcStyleDuration'),
  };
}
