// What the console is like to use:
// `npm run bench -- console [--only load|scroll|live] [--rows N] [--rate EVENTS/S] [--minutes N] [--apart 0|1]`.
// An instance of its own, as `npm start` starts it, the demo's events, and a headless Chromium on the same machine: the page shares
// its cores with everything that it looks at. With `--apart 1` the browser has one core, as on a machine of its own, and all else the others.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseEnv } from 'node:util';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { packageRoot } from '../../services/core/paths.js';
import { chromiumPath } from '../support/page.js';
import { freePort, killInstance, MAIN, startInstance } from '../support/stack-instance.js';
import { beginFrames, endFrames, type Frames, firstRow, held, type LongFrame, watching } from './console-page.js';
import type { Bench } from './main.js';

const settleMs = 60_000;
const print = (text: string): void => void process.stdout.write(`${text}\n`);
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

interface World {
  url: string;
  browser: Browser;
  /** Signed in. */
  context: BrowserContext;
  /** The demo, with these arguments; resolves at its end. */
  demo(args: readonly string[]): { done: Promise<void>; stop(): void };
  rows: number;
  perSecond: number;
  minutes: number;
}

export const bench: Bench = async (options) => {
  const rows = Number(options.rows ?? 100_000);
  const dataDir = mkdtempSync(join(tmpdir(), 'sealstream-bench-'));
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(SEALSTREAM_|KAFKA_|CLICKHOUSE_|REDIS_)/.test(name)),
  );
  const cores = availableParallelism();
  if (options.apart === '1') bindTo(`${cores - 1}`);
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  });
  if (options.apart === '1') bindTo(`0-${cores - 2}`);
  const instance = startInstance({ file: MAIN, dataDir, env: { ...env, SEALSTREAM_PORT: String(await freePort()) } });
  try {
    const url = await instance.ready();
    const demo: World['demo'] = (args) => {
      const child = spawn(process.execPath, [join(packageRoot(), 'dist/services/cli/main.js'), 'demo', ...args], {
        env: { ...env, SEALSTREAM_DATA: dataDir, KAFKAJS_NO_PARTITIONER_WARNING: '1' },
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const done = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      return { done, stop: () => child.kill('SIGTERM') };
    };
    const wanted = options.only === 'live' ? 5_000 : rows;
    print(`making up ${wanted.toLocaleString('en')} events …`);
    await demo(['--rate', '10', '--duration', '5s', '--backfill', '23h', '--backfill-events', String(wanted)]).done;
    // They are sealed, judged and verified, too, which takes a while after that.
    await sleep(settleMs);
    const context = await signedIn(browser, url, dataDir);
    const world = {
      url,
      browser,
      context,
      demo,
      rows,
      perSecond: Number(options.rate ?? 1_000),
      minutes: Number(options.minutes ?? 10),
    };
    for (const [name, measure] of Object.entries({ load, scroll, live })) {
      if ((options.only ?? name) === name) await measure(world);
    }
  } finally {
    await browser.close();
    instance.process.kill('SIGTERM');
    await instance.exited();
    await killInstance({ instance, dataDir });
    rmSync(dataDir, { recursive: true, force: true });
  }
};

/** This process, and whatever it starts from here on, runs on these cores only. */
const bindTo = (list: string): void =>
  void execFileSync('taskset', ['-a', '-c', '-p', list, String(process.pid)], { stdio: 'ignore' });

async function signedIn(browser: Browser, url: string, dataDir: string): Promise<BrowserContext> {
  const { SEALSTREAM_API_KEY } = parseEnv(readFileSync(join(dataDir, 'env'), 'utf8'));
  const answer = await fetch(`${url}/api/session/link`, {
    method: 'POST',
    headers: { authorization: `Bearer ${SEALSTREAM_API_KEY}` },
  });
  const link = ((await answer.json()) as { url: string }).url;
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
  const page = await context.newPage();
  await page.goto(link);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('.grid-row').first().waitFor();
  await page.close();
  // After the sign-in: the policy of its page lets no script in.
  await context.addInitScript(watching);
  return context;
}

/** First rows on screen, from a warm server: by a browser that was never here, and by one that was. */
async function load({ url, browser, context }: World): Promise<void> {
  const state = await context.storageState();
  const look = async (inside: BrowserContext) => {
    const page = await inside.newPage();
    await page.goto(`${url}/?range=24h`, { waitUntil: 'commit' });
    const seen = await firstRow(page);
    await page.close();
    return seen;
  };
  const first = [];
  for (let run = 0; run < 11; run++) {
    const fresh = await browser.newContext({ storageState: state, viewport: { width: 1440, height: 900 } });
    await fresh.addInitScript(watching);
    first.push(await look(fresh));
    await fresh.close();
  }
  const again = [];
  for (let run = 0; run < 11; run++) again.push(await look(context));
  const times = (some: readonly { ms: number }[]): string => {
    const ms = some.map((one) => one.ms);
    return `median ${median(ms).toFixed(0)} ms, longest ${Math.max(...ms).toFixed(0)} ms (${ms.length} runs)`;
  };
  const { bytes, scripts, requests } = first.at(-1)!;
  print(`first load: ${kB(bytes)} compressed in ${requests} files, of which scripts and styles ${kB(scripts)}`);
  print(`first rows on screen, never here before: ${times(first)}`);
  print(`first rows on screen, here before: ${times(again)}`);
}

/** All rows in the table, with every column there is, scrolled through. */
async function scroll({ url, context }: World): Promise<void> {
  const page = await context.newPage();
  await page.goto(`${url}/?range=7d`);
  const columns = await everyColumn(page);
  await page.goto(`${url}/?range=7d&columns=${columns.join(',')}`);
  await firstRow(page);
  const grid = page.getByRole('grid', { name: 'Events' });
  await grid.focus();
  // Of the rows alone: without the head, and what stands below them.
  const height = async () => (await grid.locator('.grid-body').boundingBox())!.height;
  print(`${columns.length} columns; asking for all rows …`);
  const began = performance.now();
  for (let before = -1, still = 0; still < 100; ) {
    await grid.press('End');
    await page.waitForTimeout(50);
    const now = await height();
    still = now === before ? still + 1 : 0;
    before = now;
  }
  const there = Math.round((await height()) / 28);
  print(
    `${there.toLocaleString('en')} of ${(await totalOf(page, url)).toLocaleString('en')} rows after ${((performance.now() - began) / 1_000).toFixed(1)} s`,
  );
  const box = (await grid.boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  const ways = {
    'by the wheel': async () => {
      for (let turn = 0; turn < 200; turn++) {
        await page.mouse.wheel(0, turn % 20 < 15 ? -400 : 300);
        await page.waitForTimeout(20);
      }
    },
    'by the bar, from end to end': async () => {
      for (let step = 0; step <= 100; step++) {
        await grid.evaluate((element, share) => {
          element.scrollTop = element.scrollHeight * share;
        }, step / 100);
        await page.waitForTimeout(30);
      }
    },
    'to the side': async () => {
      for (let step = 0; step <= 60; step++) {
        await page.mouse.wheel(step % 20 < 10 ? 200 : -200, 0);
        await page.waitForTimeout(30);
      }
    },
    'by the arrow': async () => {
      await grid.press('Home');
      for (let step = 0; step < 150; step++) await grid.press('ArrowDown');
    },
  };
  for (const [way, move] of Object.entries(ways)) {
    await beginFrames(page);
    await move();
    print(`scrolled ${way}: ${inWords(await endFrames(page))}`);
  }
  await page.close();
}

/** Names of the columns, as the address takes them: from the chooser, every one chosen. */
async function everyColumn(page: Page): Promise<string[]> {
  await page.getByRole('button', { name: 'Columns' }).click();
  const boxes = page.getByRole('dialog', { name: 'Columns' }).getByRole('checkbox');
  for (const box of await boxes.all()) await box.check();
  return (new URL(page.url()).searchParams.get('columns') ?? '').split(',');
}

/** The live tail while events come in. */
async function live({ url, context, demo, perSecond, minutes }: World): Promise<void> {
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  // In time of the processor, not of the wall: others use the machine, too.
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.goto(`${url}/?range=1h&live=1`);
  await firstRow(page);
  const seconds = (minutes + 1) * 62 + 40;
  const load = demo(['--rate', String(perSecond), '--duration', `${seconds}s`, '--backfill', '0s']);
  try {
    await sleep(15_000);
    print(`a page without anything, for comparison: ${inWords(await framesOfNothing(context))}`);
    await page.bringToFront();
    const begin = await held(cdp);
    const all: Frames[] = [];
    let before = begin;
    let counted = await totalOf(page, url);
    for (let minute = 1; minute <= minutes; minute++) {
      // The collection of garbage for the figures above is no frame of the page's own.
      await sleep(1_000);
      await beginFrames(page);
      const began = performance.now();
      await sleep(60_000);
      const frames = await endFrames(page);
      all.push(frames);
      const now = await held(cdp);
      const total = await totalOf(page, url);
      const rate = ((total - counted) / (performance.now() - began)) * 1_000;
      print(
        `minute ${minute}: ${rate.toFixed(0)} events/s; ${inWords(frames)}; ` +
          `main thread busy ${(((now.busy - before.busy) / 61) * 100).toFixed(0)} % (scripts ${(now.script - before.script).toFixed(1)} s, ` +
          `style and layout ${(now.layout - before.layout).toFixed(1)} s); heap ${mib(now.heap)}, ${now.nodes} nodes, ${now.listeners} listeners`,
      );
      counted = total;
      before = now;
    }
    const passed = await page.locator('.explore-dropped').allTextContents();
    const long = all.flatMap((one) => one.long);
    print(
      `${minutes} minutes: frames over 50 ms of work: ${long.length} of ${all.reduce((sum, { count }) => sum + count, 0)}, ` +
        `longest ${Math.max(0, ...long.map(({ duration }) => duration)).toFixed(0)} ms; most between two frames ` +
        `${Math.max(...all.map(({ longest }) => longest)).toFixed(0)} ms; heap ${mib(begin.heap)} at first, ${mib(before.heap)} at last; ${passed.join(' ') || 'no event passed by'}`,
    );
  } finally {
    load.stop();
    await load.done;
    await page.close();
  }
}

/** What the machine leaves to a page that does nothing, for a minute: an empty one, which no script of ours draws on. */
async function framesOfNothing(context: BrowserContext): Promise<Frames> {
  const page = await context.newPage();
  await page.goto('about:blank');
  await page.evaluate(watching);
  await beginFrames(page);
  await sleep(60_000);
  const frames = await endFrames(page);
  await page.close();
  return frames;
}

/** How many events there are. */
async function totalOf(page: Page, url: string): Promise<number> {
  const answer = await page.request.get(`${url}/api/audit/timeseries?interval=1d`);
  return ((await answer.json()) as { total: number }).total;
}

const inWords = ({ count, p50, p95, p99, longest, long }: Frames): string =>
  `${count} frames, ${p50.toFixed(0)}/${p95.toFixed(0)}/${p99.toFixed(0)}/${longest.toFixed(0)} ms apart (median, 95 %, 99 %, most), ` +
  `${long.length} over 50 ms of work${long.slice(0, 3).map(parts).join('')}`;

const parts = ({ duration, before, scripts, layout }: LongFrame): string =>
  ` [${duration.toFixed(0)} ms: ${before.toFixed(0)} before it was drawn, scripts ${scripts.toFixed(0)}, layout and paint ${layout.toFixed(0)}]`;

const kB = (bytes: number): string => `${(bytes / 1_000).toFixed(1)} kB`;
const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
