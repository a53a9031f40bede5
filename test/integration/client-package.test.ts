import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { packageRoot } from '../../services/core/paths.js';

const modules = join(packageRoot(), 'node_modules');

const program = `
import { AuditClient, AuditProblem, type AuditEvent, type AuditFilter } from 'sealstream';

const audit = new AuditClient({ url: 'http://127.0.0.1:1', apiKey: 'k', patienceMs: 0 });
const filter: AuditFilter = { action: ['auth.login'], outcome: 'failure' };

async function main(): Promise<AuditEvent[]> {
  const { events } = await audit.queryAuditTrail({ ...filter, limit: 5 });
  for await (const { actor } of audit.queryAuditTrail(filter)) console.log(actor.email);
  audit.streamAuditEvents({ filter, fields: ['id', 'actor.email'] }, ({ id, actor }) => {
    // @ts-expect-error it may be one of the fields that were not asked for
    const text: string = id;
    console.log(text, actor?.email);
  });
  return events;
}
export function wrong(): void {
  // @ts-expect-error no such filter
  void audit.queryAuditTrail({ colour: 'red' });
  // @ts-expect-error no such outcome
  void audit.queryAuditTrail({ outcome: 'red' });
  // @ts-expect-error a URL needs a key
  new AuditClient({ url: 'http://127.0.0.1' });
}
main().catch((error: unknown) => console.log(error instanceof AuditProblem, (error as { code: string }).code));
`;

/** What the guide's examples leave to the reader. */
const readersOwn = `
import type { AuditEvent as Recorded } from 'sealstream';
declare function readCursor(): Promise<string | undefined>;
declare function saveCursor(cursor: string): Promise<void>;
declare function store(events: readonly Recorded[]): Promise<void>;
declare function handle(event: Recorded): Promise<void>;
declare function listAgain(): Promise<void>;
`;

/** The examples as one module: the first is at the top of it, each further one in a block of its own. */
function guideAsModule(): string {
  const guide = readFileSync(join(packageRoot(), 'docs/guides/client.md'), 'utf8');
  const [first, ...others] = [...guide.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!);
  assert.ok(others.length >= 4);
  return [readersOwn, first, ...others.map((code) => `{\n${code}}\n`)].join('\n');
}

describe('the npm package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sealstream-package-'));
  const run = (file: string, ...args: string[]): string =>
    execFileSync(file, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  before(() => {
    const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
    const packed = execFileSync('npm', pack, {
      cwd: packageRoot(),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
    run('tar', 'xzf', filename);
    mkdirSync(join(folder, 'node_modules'));
    renameSync(join(folder, 'package'), join(folder, 'node_modules/sealstream'));
    // What npm would install beside it, and nothing that only the tests have.
    const manifest = readFileSync(join(folder, 'node_modules/sealstream/package.json'), 'utf8');
    const { dependencies } = JSON.parse(manifest) as { dependencies: Record<string, string> };
    for (const name of [...Object.keys(dependencies), '@types/node']) {
      const link = join(folder, 'node_modules', name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(modules, name), link);
    }
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('is imported with its types, all of them sound', () => {
    writeFileSync(join(folder, 'program.ts'), program);
    const options = ['--module', 'nodenext', '--target', 'es2022', '--strict', '--types', 'node'];
    run(process.execPath, join(modules, 'typescript/bin/tsc'), ...options, '--skipLibCheck', 'false', 'program.ts');
    assert.equal(run(process.execPath, 'program.js'), 'false unreachable\n');
  });

  test("has what the guide's examples use", () => {
    writeFileSync(join(folder, 'guide.ts'), guideAsModule());
    const options = ['--noEmit', '--module', 'nodenext', '--target', 'es2022', '--strict', '--types', 'node'];
    run(process.execPath, join(modules, 'typescript/bin/tsc'), ...options, '--skipLibCheck', 'guide.ts');
  });

  test('brings the sealstream command', () => {
    const bin = join(folder, 'node_modules/sealstream/services/cli/bin.mjs');
    assert.match(run(process.execPath, bin, '--version'), /^\d+\.\d+\.\d+\n$/);
  });
});
