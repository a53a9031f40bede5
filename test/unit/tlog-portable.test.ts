import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../services/core/paths.js';

/** Every source file that these import, themselves among them. */
function reachedFrom(...entries: string[]): Map<string, string> {
  const texts = new Map<string, string>();
  const follow = (file: string): void => {
    if (texts.has(file)) return;
    const text = readFileSync(file, 'utf8');
    texts.set(file, text);
    for (const [, name] of text.matchAll(/^(?:import|export) [^;]*?from '(\.[^']+)\.js';/gm)) {
      follow(join(dirname(file), `${name}.ts`));
    }
  };
  for (const entry of entries) follow(entry);
  return texts;
}

test('a page runs the code of the log as it is: nothing that it reaches imports from Node, from packages, or uses Buffer', () => {
  const tlog = join(packageRoot(), 'services', 'core', 'tlog');
  const texts = reachedFrom(join(tlog, 'index.ts'), join(tlog, 'web.ts'));
  assert.ok(texts.size > 15);
  for (const [file, text] of texts) {
    const code = text.replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '');
    for (const name of [/from '[^.]/, /\bimport\(/, /\bBuffer\b/, /\bprocess\.\w/, /\brequire\(/]) {
      assert.doesNotMatch(code, name, `${relative(packageRoot(), file)} uses ${name}`);
    }
  }
});
