import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { type ConsoleWorld, startConsoleWorld } from '../support/console-world.js';
import { chromiumMissing } from '../support/page.js';

const action = 'order.paid';

describe('the live tail in a real browser', { skip: chromiumMissing }, () => {
  let world: ConsoleWorld;
  let page: Page;
  let made = 0;
  before(async () => {
    world = await startConsoleWorld();
    page = await world.open();
  });
  after(() => world?.stop());

  const grid = (): Locator => page.getByRole('grid', { name: 'Events' });
  const row = (name: string): Locator => grid().getByRole('row').filter({ hasText: name });
  /** Names of orders, in the order in which they were paid. */
  const pay = async (count: number): Promise<string[]> => {
    const names = Array.from({ length: count }, () => `order ${String(++made).padStart(4, '0')}`);
    await world.record(
      names.map((name, at) => ({
        action,
        organization_id: 'acme',
        occurred_at: new Date(Date.now() + at).toISOString(),
        actor: { id: 'usr_live', name: 'Lin Ving' },
        target: { type: 'order', id: name.replace(' ', '_'), name },
      })),
    );
    return names;
  };
  const inSight = async (): Promise<string[]> => {
    const rows = await grid().getByRole('row').filter({ hasText: action }).all();
    const seen = await Promise.all(
      rows.map(async (one) => ({
        index: Number(await one.getAttribute('aria-rowindex')),
        name: /order \d{4}/.exec((await one.textContent()) ?? '')![0],
      })),
    );
    return seen.toSorted((a, b) => a.index - b.index).map(({ name }) => name);
  };
  const status = (text: RegExp): Locator => page.getByRole('status').filter({ hasText: text });

  test('events arrive by themselves, the newest on top, each once', async () => {
    const [first] = await pay(1);
    const stored = async (): Promise<number> =>
      (await world.get<{ total: number }>(`/api/audit/timeseries?action=${action}`)).total;
    while ((await stored()) === 0) await page.waitForTimeout(50);
    await page.goto(`${world.instance.url}/?q=action:${action}&range=1h`);
    await row(first!).waitFor();
    await page.keyboard.press('l');
    await status(/^Live\./).waitFor();
    const names = [first!];
    for (let round = 0; round < 3; round++) {
      names.push(...(await pay(2)));
      await row(names.at(-1)!).waitFor();
    }
    assert.deepEqual(await inSight(), names.toReversed());
  });

  test('paused, nothing moves and what came is counted; resumed, all of it is there', async () => {
    const before = await inSight();
    await page.keyboard.press('p');
    const names = await pay(3);
    await page.getByRole('button', { name: '3 new' }).waitFor();
    assert.deepEqual(await inSight(), before);
    await page.keyboard.press('p');
    await row(names.at(-1)!).waitFor();
    assert.deepEqual(await inSight(), [...names.toReversed(), ...before]);
  });

  test('what was opened stays open while rows move, and while a menu is open they do not', async () => {
    const [name] = await inSight();
    await row(name!).getByText('Lin Ving').hover();
    await row(name!).getByRole('button', { name: 'Copy or filter by usr_live' }).click();
    const menu = page.getByRole('menu');
    await menu.getByRole('menuitem', { name: 'Only this' }).waitFor();
    const before = await inSight();
    await pay(5);
    await page.getByRole('button', { name: '5 new' }).waitFor();
    assert.deepEqual(await inSight(), before);
    assert.equal(await menu.isVisible(), true);
    await menu.getByRole('menuitem', { name: 'Only this' }).click();
    await page.getByRole('button', { name: 'Remove actor: usr_live' }).waitFor();
    assert.equal(new URL(page.url()).searchParams.get('actor'), 'usr_live');

    await status(/^Live\./).waitFor();
    await row(name!).click();
    const panel = page.getByRole('complementary', { name: 'The open event' });
    await panel.getByText(name!).first().waitFor();
    const more = await pay(2);
    await row(more.at(-1)!).waitFor();
    await panel.getByText(name!).first().waitFor();
    assert.equal(await row(name!).getAttribute('aria-selected'), 'true');
    await page.keyboard.press('Escape');
  });

  /** Which rows are seen with each of so many frames: the order that a row names, and its place. */
  const framesOf = (count: number): Promise<{ order: number; place: number }[][]> =>
    page.evaluate(`(async () => {
      const frames = [];
      while (frames.length < ${count}) {
        await new Promise((drawn) => requestAnimationFrame(drawn));
        const rows = [...document.querySelectorAll('[role=grid] .grid-row[aria-rowindex]')];
        frames.push(rows.filter((row) => row.checkVisibility({ visibilityProperty: true })).map((row) => ({
          order: Number(/order (\\d{4})/.exec(row.textContent)?.[1]),
          place: Number(row.getAttribute('aria-rowindex')),
        })));
      }
      return frames;
    })()`);

  test('under somebody who reads further down, rows stay in their places; the top is one press away', async () => {
    // More than fit on the screen.
    const many = await pay(120);
    await row(many.at(-1)!).waitFor();
    await framesOf(30);
    await grid().focus();
    const frames = framesOf(60);
    await page.keyboard.press('PageDown');
    await page.keyboard.press('PageDown');
    const [first, ...later] = await frames;
    const newest = first![0]!.order + first![0]!.place;
    for (const { order, place } of later.flat()) assert.equal(order + place, newest, 'a row in the place of another');
    const before = await inSight();
    // Further down there are some above those in sight, too.
    assert.ok(before.length >= first!.length, `${before.length} rows, ${first!.length} at the top`);
    const names = await pay(4);
    const button = page.getByRole('button', { name: '4 new' });
    await button.waitFor();
    assert.deepEqual(await inSight(), before);
    await button.click();
    await row(names.at(-1)!).waitFor();
    assert.deepEqual((await inSight()).slice(0, 4), names.toReversed());
  });

  test('rows that went leave nothing behind', async () => {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('Performance.enable');
    const nodes = async (): Promise<number> => {
      await cdp.send('HeapProfiler.collectGarbage');
      const { metrics } = await cdp.send('Performance.getMetrics');
      return metrics.find(({ name }) => name === 'Nodes')!.value;
    };
    const come = async (rounds: number): Promise<void> => {
      for (let round = 0; round < rounds; round++) {
        const names = await pay(round % 2 === 0 ? 40 : 7);
        await row(names.at(-1)!).waitFor();
      }
    };
    await come(6);
    const before = await nodes();
    await come(30);
    const after = await nodes();
    assert.ok(after < before + 1_000, `${before} nodes, and ${after} after 705 more rows`);
  });

  test('no page has thrown, or broken its own security policy', () => {
    assert.deepEqual(world.complaints, []);
  });
});
