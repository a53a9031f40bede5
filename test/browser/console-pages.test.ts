import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { packageRoot } from '../../services/core/paths.js';
import { type ConsoleWorld, startConsoleWorld } from '../support/console-world.js';
import { chromiumMissing } from '../support/page.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Of `pages.ts`, which is compiled for browsers only. */
const paths = [
  ...readFileSync(join(packageRoot(), 'services/console/src/pages.ts'), 'utf8').matchAll(/^ {4}path: '([^']+)'/gm),
].map(([, path]) => path!);

const wide = { width: 1440, height: 900 };
const narrow = { width: 390, height: 844 };

interface Found {
  id: string;
  correlation_id: string;
  actor: { id: string };
  target: { type: string; id: string };
}

describe('every page of the console', { skip: chromiumMissing }, () => {
  let world: ConsoleWorld;
  before(async () => {
    world = await startConsoleWorld();
  });
  after(() => world?.stop());

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`has no fault that axe finds, one heading above all, and room in a narrow window, ${colorScheme}`, async () => {
      const page = await world.open({ colorScheme, viewport: wide });
      const violations: string[] = [];
      for (const path of await addresses(world)) {
        await page.goto(world.instance.url + path);
        await page.getByRole('heading').nth(2).waitFor({ state: 'attached' });
        await page.locator('main .skeleton, main .stale').first().waitFor({ state: 'detached' });
        await page.evaluate(axe);
        const found = await page.evaluate(async () => {
          const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run();
          return violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html} ${nodes[0]!.failureSummary}`);
        });
        violations.push(...found.map((fault) => `${path} ${fault}`));
        const headings = await page.getByRole('heading', { level: 1 }).allTextContents();
        if (headings.length !== 1) violations.push(`${path} has the main headings ${JSON.stringify(headings)}`);
        await page.setViewportSize(narrow);
        const widthPx = await settledWidth(page);
        if (widthPx > narrow.width) violations.push(`${path} is ${widthPx} px wide in a window of ${narrow.width} px`);
        await page.setViewportSize(wide);
      }
      assert.deepEqual(violations, []);
      await page.context().close();
    });
  }

  test('is on paper light and whole, and says where it comes from', async () => {
    const page = await world.open({ colorScheme: 'dark' });
    await page.goto(`${world.instance.url}/integrity`);
    await page.getByRole('table').first().waitFor();
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    const head = page.locator('.printed');
    await head.waitFor();
    assert.match((await head.textContent()) ?? '', /\/integrity.*Printed \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/s);
    assert.equal(await page.getByRole('navigation').isVisible(), false);
    const colour = await page
      .getByRole('heading', { level: 1 })
      .evaluate((heading) => heading.ownerDocument.defaultView!.getComputedStyle(heading).color);
    assert.equal(colour, 'rgb(26, 33, 43)', 'the text of the light theme');
    const cut = await page
      .getByRole('cell')
      .evaluateAll((cells) => cells.filter((cell) => cell.scrollWidth > cell.clientWidth + 1).length);
    assert.equal(cut, 0, 'cells whose text is cut');
    await page.context().close();
  });

  test('asks before what was typed is lost to Escape or Back', async () => {
    const page = await world.open();
    await page.getByRole('link', { name: 'Silences' }).click();
    await page.getByRole('link', { name: 'API keys' }).click();
    await page.getByRole('button', { name: 'New key' }).click();
    const dialog = page.getByRole('dialog', { name: 'New API key' });
    // The first field has the focus.
    await page.keyboard.type('night job');
    await dialog.getByText('Still needed: organizations, a role or permissions').waitFor();
    for (const leave of [() => page.keyboard.press('Escape'), () => page.goBack()]) {
      await leave();
      await dialog.getByText('Leave, and lose what was entered?').waitFor();
      await dialog.getByRole('button', { name: 'Stay' }).click();
      assert.equal(await dialog.getByLabel('Name').inputValue(), 'night job');
    }
    await page.keyboard.press('Escape');
    await dialog.getByRole('button', { name: 'Leave' }).click();
    await dialog.waitFor({ state: 'detached' });
    assert.match(page.url(), /\/keys$/);
    await page.context().close();
  });

  test('is not needed with a mouse: an event is found, judged, and an alert acknowledged by keys', async () => {
    const page = await world.open();
    const press = (keys: string): Promise<void> => page.keyboard.press(keys);
    await page.getByRole('grid', { name: 'Events' }).waitFor();
    await press('/');
    await page.keyboard.type(`ip:${world.attack.ip} action:member.role_changed`);
    await press('Enter');
    const rows = page.getByRole('grid', { name: 'Events' }).getByRole('row');
    await rows.filter({ hasText: 'member.role_changed' }).first().waitFor();
    await press('Escape');
    await press('j');
    await press('Enter');
    const event = page.getByRole('complementary', { name: 'The open event' });
    await event.getByRole('heading', { name: 'member.role_changed' }).waitFor();
    await tabTo(page, event.getByRole('tab', { name: 'Overview' }));
    for (const tab of [/^State/, 'JSON', 'Proof'] as const) {
      await press('ArrowRight');
      await event.getByRole('tab', { name: tab, selected: true }).waitFor();
    }
    const verify = event.getByRole('button', { name: 'Verify here' });
    await verify.waitFor({ timeout: 120_000 });
    await tabTo(page, verify);
    await press('Enter');
    await event.getByText('verified here', { exact: true }).waitFor();
    await press('Escape');
    await event.waitFor({ state: 'detached' });

    await press('Control+k');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.type('Alerts');
    await press('Enter');
    await page.getByRole('heading', { name: 'Alerts', level: 1 }).waitFor();
    await page.getByRole('grid', { name: 'Alerts' }).getByRole('row').nth(1).waitFor();
    await press('Enter');
    const alert = page.getByRole('complementary', { name: 'Alert' });
    await alert.getByRole('button', { name: 'Acknowledge' }).waitFor();
    await press('a');
    await alert.getByRole('button', { name: 'Give back' }).waitFor();
    assert.deepEqual(world.complaints, []);
  });
});

interface Axe {
  run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
}

/** Each page of pages.ts, with what the demo made in the place of parameters, and the parts that open within them. */
async function addresses(world: ConsoleWorld): Promise<string[]> {
  const query = `ip=${world.attack.ip}&action=member.role_changed`;
  const { events } = await world.get<{ events: Found[] }>(`/api/audit?${query}&limit=1`);
  const { rules } = await world.get<{ rules: { id: string }[] }>('/api/alert-rules');
  const { alerts } = await world.get<{ alerts: { id: string }[] }>('/api/alerts?limit=1');
  const { id, correlation_id, actor, target } = events[0]!;
  const filled: Readonly<Record<string, string>> = {
    '/events/:id': `/events/${id}`,
    '/timeline/:id': `/timeline/${correlation_id}`,
    '/entities/:type/:id': `/entities/${target.type}/${target.id}`,
    '/actors/:id': `/actors/${actor.id}`,
    '/rules/:id': `/rules/${rules[0]!.id}`,
  };
  const whole = paths.map((path) => filled[path] ?? path);
  assert.deepEqual(
    whole.filter((path) => path.includes(':')),
    [],
    'a page with parameters that this test gives none',
  );
  const parts = ['overview', 'state', 'json', 'proof'].map((show) => `/?${query}&event=${id}&show=${show}`);
  // What is not there is a page as well.
  const nothing = ['/nothing/here', '/events/no', '/timeline/no', '/entities/no/no', '/actors/no', '/rules/no'];
  return [...whole, ...parts, `/alerts?alert=${alerts[0]!.id}`, ...nothing];
}

/** How wide the page is; what follows the window may be a frame behind it. */
async function settledWidth(page: Page): Promise<number> {
  for (let looks = 1; ; looks += 1) {
    const widths = await page.locator('html, main').evaluateAll((all) => all.map(({ scrollWidth }) => scrollWidth));
    if (Math.max(...widths) <= narrow.width || looks === 50) return Math.max(...widths);
  }
}

/** As somebody without a mouse comes to it. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
  for (let presses = 0; presses < 300; presses += 1) {
    if (await wanted.evaluate((element) => element === element.ownerDocument.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail('cannot be reached by the Tab key');
}
