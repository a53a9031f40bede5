import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../services/core/paths.js';

interface LockedPackage {
  readonly optionalDependencies?: Record<string, string>;
}

// A registry that serves one platform alone makes npm leave the others out of the lock file, without a word; then
// `npm ci` refuses the file, on every platform.
test('the lock file holds the optional packages of every platform, so that npm ci takes it', () => {
  const lock = JSON.parse(readFileSync(join(packageRoot(), 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  const missing = Object.values(lock.packages)
    .flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {}))
    .filter((name) => !lock.packages[`node_modules/${name}`]);
  assert.deepEqual(missing, []);
});
