#!/usr/bin/env node
// What `npx sealstream` runs. It is not compiled, so that npm can link it before the first build, and it says what to do then.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// Whoever may list processes would read the key in our command line.
if (process.argv.some((argument) => argument.startsWith('--api-key'))) process.title = 'sealstream';

const main = new URL('../../dist/services/cli/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  const folder = fileURLToPath(new URL('../..', import.meta.url));
  process.stderr.write(
    `sealstream is not built yet. Run \`npm start\` (or \`npm ci && npm run build\`) in ${folder} first.\n`,
  );
  process.exitCode = 1;
}
