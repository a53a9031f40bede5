import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { chromiumPath } from './page.js';
import { type RunningInstance, startRunningInstance } from './running-instance.js';

/** An instance on which the demo has made a day and two attacks, and a browser that is signed in to its console. */
export interface ConsoleWorld {
  readonly instance: RunningInstance;
  /** The attack that went on while rules were watching. */
  readonly attack: { readonly ip: string };
  /** The deployment's keys, as its operator would hand them to an auditor. */
  readonly trust: { readonly audience: string; readonly root_key: string };
  /** What pages complained about: thrown errors, and what broke the content security policy. */
  readonly complaints: readonly string[];
  /** A browser that has never been here; signed in by a link of its own unless told otherwise. */
  open(options?: BrowserContextOptions): Promise<Page>;
  /** A link that signs one browser in, once. */
  link(): Promise<string>;
  /** What the API answers to the administrator. */
  get<T>(path: string): Promise<T>;
  /** Records events over HTTP; they are there soon after. */
  record(events: readonly object[]): Promise<void>;
  stop(): Promise<void>;
}

const demo = ['demo', '--rate', '40', '--duration', '6s', '--backfill', '6h', '--backfill-events', '400'];

export async function startConsoleWorld(): Promise<ConsoleWorld> {
  const instance = await startRunningInstance();
  try {
    return await consoleWorldOn(instance);
  } catch (error) {
    await instance.stop();
    throw error;
  }
}

async function consoleWorldOn(instance: RunningInstance): Promise<ConsoleWorld> {
  const { exitCode, stdout, stderr } = await instance.cli([...demo, '--seed', 'console']);
  if (exitCode !== 0) throw new Error(`the demo failed: ${stderr}`);
  // Each attack begins with the address; only of the live one it is told which alerts it raised.
  const ip = stdout
    .split(/From (?=\S+ somebody tried)/)
    .find((story) => /alerts? (was|were) raised while it went on/.test(story))
    ?.split(' ', 1)[0];
  if (!ip) throw new Error(`the demo tells of no attack that raised alerts: ${stdout}`);

  const env = parseEnv(readFileSync(join(instance.dataDir, 'env'), 'utf8'));
  const headers = { authorization: `Bearer ${env.SEALSTREAM_API_KEY}` };
  const ask = async <T>(path: string, method: string, body?: unknown): Promise<T> => {
    const response = await fetch(instance.url + path, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  const link = async (): Promise<string> => (await ask<{ url: string }>('/api/session/link', 'POST')).url;

  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  const complaints: string[] = [];
  return {
    instance,
    attack: { ip },
    trust: { audience: env.SEALSTREAM_AUDIENCE!, root_key: env.SEALSTREAM_ROOT_PUBLIC_KEY! },
    complaints,
    link,
    get: (path) => ask(path, 'GET'),
    record: (events) => ask(`/api/audit/events`, 'POST', events),
    async open(options = {}) {
      const context = await browser.newContext({
        viewport: { width: 1440, height: 900 },
        locale: 'en-GB',
        timezoneId: 'Europe/Berlin',
        reducedMotion: 'reduce',
        ...options,
      });
      context.setDefaultTimeout(30_000);
      // Where a page may write a file itself, the browser asks a person for its place: here it is downloaded.
      await context.addInitScript('delete globalThis.showSaveFilePicker');
      const page = await context.newPage();
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        if (message.text().includes('Content Security Policy')) complaints.push(message.text());
      });
      await page.goto(await link());
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('heading', { name: 'Explore', level: 1 }).waitFor({ state: 'attached' });
      return page;
    },
    async stop() {
      await browser.close();
      await instance.stop();
    },
  };
}
