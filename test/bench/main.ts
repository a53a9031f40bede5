// `npm run bench -- NAME [--option value …]`: measures a part of the pipeline on real parts and prints what it found.
import { parseArgs } from 'node:util';

export type Bench = (options: Readonly<Record<string, string>>) => Promise<void>;

const benches: Readonly<Record<string, () => Promise<{ bench: Bench }>>> = {
  'alert-rules': () => import('./alert-rules.js'),
  alerts: () => import('./alerts.js'),
  console: () => import('./console.js'),
  export: () => import('./export.js'),
  fanout: () => import('./fanout.js'),
  fsck: () => import('./fsck.js'),
  query: () => import('./query.js'),
  sealer: () => import('./sealer.js'),
  sink: () => import('./sink.js'),
  verify: () => import('./verify.js'),
};

/** `--name value`, `--name=value` and `--name` alone. */
function readOptions(): { name: string; options: Record<string, string> } {
  const { positionals, tokens } = parseArgs({ strict: false, allowPositionals: true, tokens: true });
  const options: Record<string, string> = {};
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== 'option') continue;
    const next = tokens[index + 1];
    options[token.name] = token.value ?? (next?.kind === 'positional' ? next.value : '');
  }
  return { name: positionals[0] ?? '', options };
}

const { name, options } = readOptions();
const load = benches[name];
if (load === undefined) {
  process.stderr.write(
    `usage: npm run bench -- NAME [--option value …]\nbenches: ${Object.keys(benches).join(', ')}\n`,
  );
  process.exit(2);
}
const { bench } = await load();
await bench(options);
process.exit(0);
