import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { describe, test } from 'node:test';
import { packageRoot } from '../../services/core/paths.js';

/** What a room of services/ may import beside itself and core: these files, or all below a path that ends in a slash. docs/decisions/0044-rooms.md. */
const permitted: Readonly<Record<string, readonly string[]>> = {
  // Whoever has something to log does it through the SDK; the gateway signs what comes over HTTP, and what it does itself.
  gateway: [
    'producer/index.js',
    // The rules and findings that it serves over HTTP. Never alerts/engine: that runs elsewhere.
    ...['findings', 'geo', 'match', 'notify', 'pack', 'rule-tests', 'rule-texts', 'rules', 'windows'].map(
      (room) => `alerts/${room}/index.js`,
    ),
  ],
  // AuditClient logs by the SDK.
  client: ['producer/index.js'],
  // A repair decides as the consumer does, and tells it where to go on.
  fsck: ['assignment', 'errors', 'intent', 'range', 'read-back'].map((file) => `consumer/${file}.js`),
  // Every part that has a command.
  cli: [
    'client/',
    'producer/index.js',
    'producer/importers/index.js',
    'fsck/',
    'alerts/pack/index.js',
    'alerts/rules/index.js',
    'alerts/rule-tests/index.js',
  ],
};

const root = packageRoot();

interface SourceFile {
  /** From the root of the package, with slashes. */
  path: string;
  text: string;
}

const filesBelow = (folder: string): SourceFile[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:ts|tsx|mts|mjs|js)$/.test(name) && !/(?:^|[\\/])(?:node_modules|dist)[\\/]/.test(name))
    .map((name) => ({
      path: `${folder}/${name.split(sep).join('/')}`,
      text: readFileSync(join(root, folder, name), 'utf8'),
    }));

const importing = /\b(?:from|import)\s*\(?\s*(['"])(\.[^'"]+)\1/g;

/** The files that a file imports, as the source names them. */
const importsOf = ({ path, text }: SourceFile): string[] =>
  [...text.matchAll(importing)].map(([, , target]) =>
    normalize(join(dirname(path), target!))
      .split(sep)
      .join('/'),
  );

/** Why a file of services/ may not import another; undefined where it may. */
function forbidden(path: string, target: string): string | undefined {
  const [, room = ''] = path.split('/');
  if (!target.startsWith('services/')) return 'services import nothing beside services/';
  const name = target.slice('services/'.length);
  const [other] = name.split('/');
  if (other === room) {
    const isLibrary = room === 'alerts' && path.split('/').length > 3 && !path.startsWith('services/alerts/engine/');
    return isLibrary && name.startsWith('alerts/engine/') ? 'only the engine knows the engine' : undefined;
  }
  if (room === 'core') return 'core imports no service';
  if (other === 'core') return undefined;
  const allowed = permitted[room] ?? [];
  return allowed.some((one) => (one.endsWith('/') ? name.startsWith(one) : name === one))
    ? undefined
    : 'services import only core and what docs/decisions/0044-rooms.md names';
}

describe('rooms', () => {
  const files = filesBelow('services');

  test('core imports no service, and services import only core and what is permitted by name', () => {
    assert.ok(files.length > 500);
    const faults = files.flatMap((file) =>
      importsOf(file).flatMap((target) => {
        const why = forbidden(file.path, target);
        return why ? [`${file.path} imports ${target}: ${why}`] : [];
      }),
    );
    assert.deepEqual(faults, []);
  });

  test('nothing is permitted that nobody uses', () => {
    const used = files.flatMap((file) =>
      importsOf(file).map((target) => `${file.path.split('/')[1]} ${target.slice('services/'.length)}`),
    );
    const idle = Object.entries(permitted).flatMap(([room, names]) =>
      names.filter((name) => !used.some((one) => one.startsWith(`${room} ${name}`))).map((name) => `${room}: ${name}`),
    );
    assert.deepEqual(idle, []);
  });

  test('the search sees every way to import, and tells the forbidden from the permitted', () => {
    const text = `import { a } from '../core/a.js';
import './side.js';
export {
  b,
} from "../producer/intake.js";
const c = await import('../gateway/app.js');`;
    const path = 'services/alerts/x.ts';
    assert.deepEqual(importsOf({ path, text }), [
      'services/core/a.js',
      'services/alerts/side.js',
      'services/producer/intake.js',
      'services/gateway/app.js',
    ]);
    assert.equal(forbidden(path, 'services/core/a.js'), undefined);
    assert.ok(forbidden(path, 'services/gateway/app.js'));
    assert.ok(forbidden('services/core/event/a.ts', 'services/producer/index.js'));
    assert.ok(forbidden('services/gateway/a.ts', 'services/producer/intake.js'));
    assert.ok(forbidden('services/gateway/a.ts', 'infra/local/a.js'));
    assert.ok(forbidden('services/alerts/rules/a.ts', 'services/alerts/engine/a.js'));
    assert.equal(forbidden('services/alerts/main.ts', 'services/alerts/engine/a.js'), undefined);
  });

  test("only a service's main.ts reads the environment, and the build of the console that of whoever builds it", () => {
    const permittedToRead = /^services\/(?:\w+\/main\.ts|console\/vite\.config\.ts)$/;
    const reading = files.filter(({ text }) =>
      /\bprocess\.env\b|\benv\b[^=;{}]*\}\s*=\s*process\b|from\s+['"](?:node:)?process['"]/.test(text),
    );
    const elsewhere = reading.map(({ path }) => path).filter((path) => !permittedToRead.test(path));
    assert.deepEqual(elsewhere, []);
    assert.ok(reading.some(({ path }) => path === 'services/cli/main.ts'));
  });
});
