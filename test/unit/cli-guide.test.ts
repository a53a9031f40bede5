import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { packageRoot } from '../../services/core/paths.js';
import { answering, json, to } from '../support/answering.js';
import { cli } from '../support/cli.js';

const folder = mkdtempSync(join(tmpdir(), 'sealstream-guide-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const guides = join(packageRoot(), 'docs/guides');
const texts = new Map([
  ['README.md', readFileSync(join(packageRoot(), 'README.md'), 'utf8')],
  ...readdirSync(guides).map((name) => [name, readFileSync(join(guides, name), 'utf8')] as const),
]);
const guide = texts.get('cli.md')!;

/** Command lines of a text, each as its words; one that stands in another (`$(…)`) is one of its own. */
function commandLines(text: string): string[][] {
  const lines: string[][] = [];
  for (const [, whole = ''] of text
    .replaceAll('\\\n', ' ')
    .matchAll(/^ +(?:\$ )?((?:npx )?sealstream (?!ready).*)$/gm)) {
    const outer = whole.replace(/\$\(([^)|]+)[^)]*\)/g, (_, inner: string) => {
      lines.push(words(inner));
      return 'an-id';
    });
    lines.push(words(outer));
  }
  return lines;
}

/** As a shell splits a line without variables; what is behind #, | or > is none of the command's. */
function words(line: string): string[] {
  const found = [...line.matchAll(/"[^"]*"|'[^']*'|[^\s"'|>#]+|[|>#]/g)].map(([word]) => word);
  const end = found.findIndex((word) => /^[|>#]$/.test(word));
  const all = (end < 0 ? found : found.slice(0, end)).map((word) => word.replace(/^(["'])(.*)\1$/, '$2'));
  return all.slice(all.indexOf('sealstream') + 1);
}

const helpOf = async (...command: string[]): Promise<string> => (await cli([...command, '--help'])).stdout;
const namesIn = (help: string): string[] =>
  [...help.matchAll(/^ {2}([a-z]+)(?: \[| <| {2,})/gm)].map(([, name]) => name!);
const commandsOf = (help: string): string[] =>
  namesIn(help.slice(help.indexOf('\nCommands:'))).filter((name) => name !== 'help');

describe('the guides', () => {
  test('show no command line that is not understood', async (t) => {
    const { url } = await answering(t, (_, response) => json(response, 403, { title: 'No', detail: 'not here' }));
    let shown = 0;
    for (const [name, text] of texts) {
      for (const line of commandLines(text)) {
        shown += 1;
        const at = line.includes('--') ? line.indexOf('--') : line.length;
        // Of a deployment, not of a gateway: without one it fails, too.
        const where = line[0] === 'fsck' ? [] : to(url);
        const { exitCode, stderr } = await cli([...line.slice(0, at), ...where, ...line.slice(at)], { cwd: folder });
        assert.equal(exitCode, 1, `${name}: sealstream ${line.join(' ')}\n${stderr}`);
      }
    }
    assert.ok(shown > 20, `only ${shown} were found`);
  });

  test('name every command, and no other', async () => {
    const named = [...guide.matchAll(/^\| `([a-z]+)[^`]*` +\|/gm)].map(([, name]) => name!);
    assert.deepEqual(named, commandsOf(await helpOf()));
    for (const group of ['system', 'producers', 'keys', 'alerts']) {
      const [, row = ''] = new RegExp(`^\\| \`${group}[^\`]*\` +\\|(.*)\\|$`, 'm').exec(guide) ?? [];
      assert.deepEqual(
        [...row.matchAll(/`([a-z]+)`/g)].map(([, name]) => name),
        commandsOf(await helpOf(group)),
        group,
      );
    }
  });

  test('name no option that does not exist', async (t) => {
    const { url } = await answering(t, (_, response) => json(response, 200, { events: [], next_cursor: null }));
    const commands = commandsOf(await helpOf()).map((name) => [name]);
    for (const group of ['keys', 'producers', 'alerts']) {
      for (const name of commandsOf(await helpOf(group))) commands.push([group, name]);
    }
    const helps = await Promise.all(commands.map((command) => helpOf(...command)));
    const known = new Set(helps.flatMap((help) => help.match(/--[a-z][a-z-]*/g) ?? []));
    for (const option of new Set(guide.match(/--[a-z][a-z-]*/g))) {
      if (known.has(option)) continue;
      const { exitCode } = await cli(['list', option, 'x', ...to(url)]);
      assert.equal(exitCode, 0, `${option} is named in cli.md`);
    }
  });
});
