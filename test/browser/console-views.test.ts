import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { type ConsoleWorld, startConsoleWorld } from '../support/console-world.js';
import { chromiumMissing } from '../support/page.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const name = 'Refused sign-ins';

interface View {
  name: string;
  organization_id: string | null;
  state: { filters: { field: string; value: string }[]; time: object };
}

describe('views of Explore', { skip: chromiumMissing }, () => {
  let world: ConsoleWorld;
  let page: Page;
  before(async () => {
    world = await startConsoleWorld();
    page = await world.open();
  });
  after(() => world?.stop());

  const opener = (at = page): Locator => at.locator('.explore-bar').getByRole('button', { name: /^View/ });
  const menu = (at = page): Locator => at.getByRole('menu', { name: 'Saved views' });
  const dialog = (title: string): Locator => page.getByRole('dialog', { name: title });
  const choose = async (item: string | RegExp): Promise<void> => {
    await page.keyboard.press('v');
    await menu().getByRole('menuitem', { name: item }).click();
  };
  const saved = async (): Promise<View | undefined> =>
    (await world.get<{ views: View[] }>('/api/views')).views.find((view) => view.name.startsWith(name));
  const events = (at = page): Locator => at.getByRole('grid', { name: 'Events' }).getByRole('row');
  const addressOf = (at = page): URLSearchParams => new URL(at.url()).searchParams;
  const clean = async (): Promise<void> => {
    await page.evaluate(axe);
    const found = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`);
    });
    assert.deepEqual(found, []);
  };

  test('what is asked is saved under a name, by keys alone', async () => {
    await page.goto(`${world.instance.url}/?q=action:auth.login_failed&outcome=failure&range=7d`);
    await events().nth(1).waitFor();
    await page.keyboard.press('v');
    await menu().getByText('Nothing is saved yet').waitFor();
    await clean();
    await page.keyboard.press('Escape');
    // The browser closes it in its own time; until then letters choose among its items.
    await menu().waitFor({ state: 'detached' });
    await page.keyboard.press('s');
    await dialog('Save as a view').getByText('Last 7 days, back from whenever it is opened').waitFor();
    await clean();
    await page.keyboard.type(name);
    await page.keyboard.press('Enter');
    await opener().filter({ hasText: name }).waitFor();
    assert.deepEqual((await saved())?.state.time, { last: '7d' });
  });

  test('where what is asked is changed, it says so, and can be gone back to or updated', async () => {
    const unchanged = page.url();
    await page
      .getByRole('button', { name: 'Oldest first' })
      .or(page.getByRole('button', { name: 'Newest first' }))
      .click();
    await opener().filter({ hasText: 'changed' }).waitFor();
    await choose('Back to what was saved');
    await opener().filter({ hasNotText: 'changed' }).waitFor();
    assert.equal(page.url(), unchanged);

    await page.goto(`${unchanged}&ip=${world.attack.ip}`);
    await opener().filter({ hasText: 'changed' }).waitFor();
    await choose(/^Update the view/);
    await opener().filter({ hasNotText: 'changed' }).waitFor();
    assert.deepEqual((await saved())?.state.filters, [
      { field: 'outcome', value: 'failure', out: false },
      { field: 'ip', value: world.attack.ip, out: false },
    ]);
  });

  test('a view is opened from anywhere with all that it asks', async () => {
    const asked = page.url();
    await page.goto(`${world.instance.url}/?view=security&event=nothing&not.service=api`);
    await opener().waitFor();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('saved views');
    await page.keyboard.press('Enter');
    await menu().getByRole('menuitem', { name }).click();
    await opener().filter({ hasText: name }).waitFor();
    const all = (url: string): string[] => [...new URL(url).searchParams].map(String).sort();
    assert.deepEqual(all(page.url()), all(asked));
    await page.reload();
    await opener().filter({ hasText: name }).filter({ hasNotText: 'changed' }).waitFor();
    await events().nth(1).waitFor();
  });

  test('a copied link holds absolute times, and shows the same to whoever cannot see the view', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await choose('Copy a link to what is seen now');
    await page
      .getByText(/copied/i)
      .first()
      .waitFor();
    const link = await page.evaluate(() =>
      (
        globalThis as unknown as { navigator: { clipboard: { readText(): Promise<string> } } }
      ).navigator.clipboard.readText(),
    );
    const asked = new URL(link).searchParams;
    assert.deepEqual([asked.get('range'), asked.get('live'), asked.get('ip')], [null, null, world.attack.ip]);
    assert.equal(Date.parse(asked.get('to')!) - Date.parse(asked.get('from')!) > 6 * 86_400_000, true);

    const other = await world.open();
    await other.goto(link.replace(asked.get('saved')!, 'of-somebody-else'));
    await events(other).nth(1).waitFor();
    assert.equal(addressOf(other).get('from'), asked.get('from'));
    assert.equal(await opener(other).textContent(), 'Views');
    await other.context().close();
  });

  test('it is renamed, shared with an organization, and shared no longer', async () => {
    await choose('Rename…');
    await dialog('Rename the view').getByRole('textbox', { name: 'Name' }).fill(`${name} of one address`);
    await page.keyboard.press('Enter');
    await opener().filter({ hasText: 'of one address' }).waitFor();
    await choose('Share with the organization…');
    const share = page.getByRole('dialog', { name: /^Share/ });
    await share.getByText(/Everybody who may read events of/).waitFor();
    await clean();
    await share.getByRole('button', { name: 'Share', exact: true }).click();
    await page.getByText(/is shared with/).waitFor();
    const organization = (await saved())?.organization_id;
    assert.ok(organization);
    await page.keyboard.press('v');
    await menu()
      .getByText(/^Shared with/)
      .waitFor();
    await clean();
    await menu()
      .getByRole('menuitem', { name: /^Share no longer with/ })
      .click();
    await page.getByRole('dialog').getByRole('button', { name: 'Share no longer' }).click();
    await page.getByText(/is shared no longer/).waitFor();
    assert.equal((await saved())?.organization_id, null);
  });

  test('it is deleted after a question, and what it asked stays on screen', async () => {
    await choose('Delete…');
    await page
      .getByRole('dialog', { name: /^Delete/ })
      .getByRole('button', { name: 'Delete' })
      .click();
    await page.getByText(/is deleted/).waitFor();
    await opener()
      .filter({ hasText: /^Views$/ })
      .waitFor();
    assert.equal(await saved(), undefined);
    assert.deepEqual([addressOf().get('saved'), addressOf().get('ip')], [null, world.attack.ip]);
    await events().nth(1).waitFor();
    assert.deepEqual(world.complaints, []);
  });

  test('times to the second are chosen once and stay', async () => {
    await page.goto(`${world.instance.url}/?range=7d`);
    const times = (): Promise<string[]> => events().locator('[data-column="time"]').allTextContents();
    await events().nth(1).waitFor();
    assert.doesNotMatch((await times())[0]!, /\d:\d\d:\d\d/);
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('dialog', { name: 'Columns' }).getByRole('checkbox', { name: 'Exact times' }).check();
    for (const time of await times()) assert.match(time, /\d:\d\d:\d\d/);
    await page.reload();
    await events().nth(1).waitFor();
    assert.match((await times())[0]!, /\d:\d\d:\d\d/);
  });
});
