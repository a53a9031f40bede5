import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { type ConsoleWorld, startConsoleWorld } from '../support/console-world.js';
import { chromiumMissing } from '../support/page.js';

describe('the console, from an attack to its proof', { skip: chromiumMissing }, () => {
  let world: ConsoleWorld;
  let page: Page;
  let bundle: string;
  before(async () => {
    world = await startConsoleWorld();
    page = await world.open();
  });
  after(() => world?.stop());

  const grid = (name: string): Locator => page.getByRole('grid', { name });
  const event = (): Locator => page.getByRole('complementary', { name: 'The open event' });
  const search = async (query: string): Promise<void> => {
    await page.getByRole('combobox', { name: 'Search' }).fill(query);
    await page.getByRole('combobox', { name: 'Search' }).press('Enter');
  };
  const downloaded = async (button: Locator): Promise<string> => {
    const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
    return readFileSync(await download.path(), 'utf8');
  };

  test('a link signs one browser in, once', async () => {
    const link = await world.link();
    const context = await page.context().browser()!.newContext();
    const other = await context.newPage();
    for (const works of [true, false]) {
      await context.clearCookies();
      await other.goto(link);
      const button = other.getByRole('button', { name: 'Sign in' });
      if (works) await button.click();
      const explore = other.getByRole('heading', { name: 'Explore', level: 1 });
      if (works) await explore.waitFor({ state: 'attached' });
      else {
        if (await button.isVisible()) await button.click();
        await other
          .getByText(/used|expired|not valid|no longer/i)
          .first()
          .waitFor();
        assert.equal(await explore.count(), 0);
      }
    }
    await context.close();
  });

  test('the brute force is found by the address that it came from, and what came of it is opened', async () => {
    await search(`ip:${world.attack.ip} action:auth.login_failed`);
    await grid('Events').getByRole('row').filter({ hasText: 'auth.login_failed' }).first().waitFor();
    await page
      .getByRole('status')
      .filter({ hasText: /^\d+ events$/ })
      .waitFor();
    const { total } = await world.get<{ total: number }>(
      `/api/audit/timeseries?ip=${world.attack.ip}&action=auth.login_failed`,
    );
    assert.ok(total > 20, `${total} failed logins`);
    await page
      .getByRole('status')
      .filter({ hasText: `${total} events` })
      .waitFor();

    await search(`ip:${world.attack.ip} action:member.role_changed`);
    await grid('Events').getByRole('row').filter({ hasText: 'member.role_changed' }).first().click();
    await event().getByRole('heading', { name: 'member.role_changed' }).waitFor();
    await event()
      .getByRole('tab', { name: /^State/ })
      .click();
    await event().getByText('owner').first().waitFor();
  });

  test('its proof is judged in the browser', async () => {
    await event().getByRole('tab', { name: 'Proof' }).click();
    await event().getByRole('button', { name: 'Verify here' }).click({ timeout: 120_000 });
    await event().getByText('verified here', { exact: true }).waitFor();
    await event().getByText('are on screen as they were signed').waitFor();
    bundle = await downloaded(event().getByRole('button', { name: 'Download the bundle' }));
  });

  test('its workflow is followed over the services', async () => {
    await event().getByRole('link', { name: 'Timeline' }).click();
    await page.getByRole('heading', { name: 'Timeline', level: 1 }).waitFor();
    const steps = page.getByRole('list').getByRole('link').filter({ hasText: /^\+/ });
    await steps.first().waitFor();
    const actions = (await steps.allTextContents()).join(' ');
    for (const action of ['auth.login', 'member.role_changed', 'api_key.created', 'export.requested'])
      assert.ok(actions.includes(action), `${action} in ${actions}`);
  });

  test('its alert is acknowledged', async () => {
    await page.getByRole('link', { name: 'Alerts', exact: true }).click();
    const title = 'Somebody raised their own rights';
    await grid('Alerts').getByRole('row').filter({ hasText: title }).first().click();
    const alert = page.getByRole('complementary', { name: 'Alert' });
    await alert.getByRole('button', { name: 'Acknowledge' }).click();
    await alert.getByRole('button', { name: 'Give back' }).waitFor();
    const { alerts } = await world.get<{ alerts: { rule_title: string; state: string }[] }>('/api/alerts?limit=200');
    assert.ok(alerts.some(({ rule_title, state }) => rule_title === title && state === 'acknowledged'));
  });

  test('a rule is tried over the past, and finds it', async () => {
    await page.getByRole('link', { name: 'Rules', exact: true }).click();
    await page.getByRole('link', { name: 'Password spraying' }).click();
    await page.getByRole('tab', { name: 'Backtest' }).click();
    await page.getByRole('checkbox', { name: /came late/ }).check();
    await page.getByRole('button', { name: 'Try it over the past' }).click();
    const sum = page.getByRole('region', { name: 'Backtest' }).getByText(/\d+ alerts? from \d+ hits/);
    await sum.waitFor();
    assert.ok(Number(/^(\d+)/.exec(((await sum.textContent()) ?? '').trim())![1]) > 0, (await sum.textContent()) ?? '');
    await page.getByRole('region', { name: 'Backtest' }).getByText(world.attack.ip).first().waitFor();
  });

  test('what is on screen is exported, each event of it', async () => {
    await page.getByRole('link', { name: 'Explore', exact: true }).click();
    await search(`ip:${world.attack.ip}`);
    await grid('Events').getByRole('row').nth(1).waitFor();
    await page.getByRole('button', { name: 'Export what is found' }).click();
    await page.getByRole('combobox', { name: 'Format' }).selectOption({ label: 'JSON, an event a line' });
    const file = await downloaded(page.getByRole('button', { name: 'Export', exact: true }));
    await page.getByText('The file is whole.').waitFor();
    const events = file
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
      .filter((line) => 'occurred_at' in line);
    const { total } = await world.get<{ total: number }>(`/api/audit/timeseries?ip=${world.attack.ip}`);
    assert.equal(events.length, total);
    assert.ok(events.every(({ ip }) => ip === world.attack.ip));
  });

  test('a bundle that is dropped is verified, and one that was tampered with is refused by name', async () => {
    await drop(page, 'good.json', bundle);
    const good = page.getByRole('article', { name: 'good.json' });
    // By keys of its own: that proves no maker.
    await good.getByText('Verified, maker unknown', { exact: true }).waitFor();
    const { log_keys } = (JSON.parse(bundle) as { deployment: { log_keys: string[] } }).deployment;
    await drop(page, 'trust.json', JSON.stringify({ ...world.trust, log_keys }));
    await good.getByText('Verified', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Overview' }).click();
    await drop(page, 'bad.json', withAnEventAltered(bundle));
    const bad = page.getByRole('article', { name: 'bad.json' });
    await bad.getByText('Tampered with', { exact: true }).waitFor();
    await bad.getByText('event_altered', { exact: true }).first().waitFor();
  });

  test('no page has thrown, or broken its own security policy', () => {
    assert.deepEqual(world.complaints, []);
  });
});

/** As from the file manager, onto whatever page is open. */
async function drop(page: Page, name: string, text: string): Promise<void> {
  // Names of the browser, which Node’s types do not know.
  const dataTransfer = await page.evaluateHandle(`(() => {
    const carried = new DataTransfer();
    carried.items.add(new File([${JSON.stringify(text)}], ${JSON.stringify(name)}, { type: 'application/json' }));
    return carried;
  })()`);
  for (const type of ['dragenter', 'dragover', 'drop']) await page.dispatchEvent('main', type, { dataTransfer });
}

/** One byte of what the first event says is another. */
function withAnEventAltered(text: string): string {
  const bundle = JSON.parse(text) as {
    logs: { runs: { records: { events: { parts: string }[] }[] }[] }[];
  };
  const shown = bundle.logs
    .flatMap(({ runs }) => runs.flatMap(({ records }) => records.flatMap(({ events }) => events)))
    .at(0)!;
  const bytes = Buffer.from(shown.parts, 'base64');
  const at = Math.floor(bytes.length / 2);
  bytes[at] = bytes[at]! ^ 1;
  shown.parts = bytes.toString('base64');
  return JSON.stringify(bundle);
}
