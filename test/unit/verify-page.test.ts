import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { packageRoot } from '../../services/core/paths.js';
import { createTimestampRequest } from '../../services/core/timestamp/index.js';
import { parseNote } from '../../services/core/tlog/index.js';
import { sha256 } from '../../services/core/tlog/node.js';
import { type Trust, UnreadableBundle, verifyBundle } from '../../services/core/verify/node.js';
import { bundleToJson } from '../../services/core/verify/write-bundle.js';
import { createEvidenceWorld, writeLane } from '../support/evidence.js';
import { chromiumMissing, openPage } from '../support/page.js';
import { type OpensslAuthority, opensslMissing, startOpensslAuthority } from '../support/timestamp-authority.js';

const entry = join(packageRoot(), 'dist/services/core/verify/web.js');

/** Every file that the page loads, from the imports of the compiled modules. */
function filesOf(file: string, seen = new Map<string, string[]>()): Map<string, string[]> {
  if (seen.has(file)) return seen;
  const names = [...readFileSync(file, 'utf8').matchAll(/(?:from|import)\s+'([^']+)'/g)].map(([, name]) => name!);
  seen.set(
    file,
    names.filter((name) => !name.startsWith('.')),
  );
  for (const name of names) if (name.startsWith('.')) filesOf(join(dirname(file), name), seen);
  return seen;
}

test('nothing of Node is imported by what a page runs', () => {
  const bare = [...filesOf(entry)].flatMap(([file, names]) =>
    names.map((name) => `${relative(packageRoot(), file)}: ${name}`),
  );
  assert.deepEqual(
    bare.filter((line) => !/: (@noble\/hashes\/sha2\.js|pkijs|asn1js)$/.test(line)),
    [],
  );
});

describe('the verifier in a page', { skip: chromiumMissing || opensslMissing }, () => {
  let authority: OpensslAuthority;
  let opened: Awaited<ReturnType<typeof openPage>>;
  let trust: Trust;
  let good: string;
  let bad: string[];

  before(async () => {
    authority = await startOpensslAuthority();
    opened = await openPage();
    const world = createEvidenceWorld();
    const { all, batches } = writeLane(world);
    const note = await world.noteOf(world.log);
    const digest = sha256(new TextEncoder().encode(parseNote(note).text));
    const timestamps = [new Uint8Array(await authority.reply(createTimestampRequest({ digest })))];
    trust = { ...world.trust, timestampRoots: [authority.root] };
    const shown = all.map((record) => world.show(record, record === batches[1] ? [1, 3] : 'all'));
    const json = bundleToJson(await world.bundle(shown, { note, timestamps, range: [0, 6] }));
    good = JSON.stringify(json);
    bad = tampered(json);
  });
  after(async () => {
    await opened?.close();
    await authority?.close();
  });

  const inPage = (page: Page, texts: string[], given: Trust): Promise<unknown[]> =>
    page.evaluate(
      async ({ texts, given }) => {
        const module = '/dist/services/core/verify/web.js';
        const { verifyBundle } = await import(module);
        const trust = { ...given, timestampRoots: given.timestampRoots?.map((root) => Uint8Array.from(root)) };
        const answers = [];
        for (const text of texts) {
          try {
            answers.push(JSON.parse(JSON.stringify(await verifyBundle(text, { trust }))));
          } catch (error) {
            answers.push((error as Error).name);
          }
        }
        return answers;
      },
      { texts, given: { ...given, timestampRoots: given.timestampRoots?.map((root) => [...root]) } as never as Trust },
    );

  const inNode = (text: string): Promise<unknown> =>
    verifyBundle(text, { trust }).then(
      (verdict) => JSON.parse(JSON.stringify(verdict)),
      (error) => {
        if (error instanceof UnreadableBundle) return error.name;
        throw error;
      },
    );

  test('says of a good bundle what it says in Node: all four verified', async () => {
    const [answer] = (await inPage(opened.page, [good], trust)) as [Awaited<ReturnType<typeof verifyBundle>>];
    assert.equal(answer.verified, true, answer.message);
    assert.deepEqual(
      Object.values(answer.checks).map(({ verified }) => verified),
      [true, true, true, true],
    );
    assert.deepEqual(answer, await inNode(good));
    assert.deepEqual(opened.complaints, []);
  });

  test('says of tampered ones what it says in Node', async () => {
    const answers = await inPage(opened.page, bad, trust);
    const codes = new Set<string>();
    for (const [at, text] of bad.entries()) {
      const expected = (await inNode(text)) as { failed?: string; verified?: boolean };
      assert.notEqual(expected.verified, true, `bundle ${at}`);
      codes.add(expected.failed ?? String(expected));
      assert.deepEqual(answers[at], expected, `bundle ${at}`);
    }
    assert.ok(codes.size >= 8, [...codes].join());
    assert.deepEqual(opened.complaints, []);
  });
});

/** One of each: a value of every member somewhere in the bundle, altered. */
function tampered(json: ReturnType<typeof bundleToJson>): string[] {
  const flip = (text: string, at = Math.floor(text.length / 2)): string =>
    text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
  const change = (alter: (copy: ReturnType<typeof bundleToJson>) => void): string => {
    const copy = structuredClone(json);
    alter(copy);
    return JSON.stringify(copy);
  };
  const records = (copy: typeof json) => copy.logs[0]!.runs[0]!.records;
  return [
    change((copy) => {
      copy.deployment.audience = 'other.example';
    }),
    change((copy) => {
      copy.schema = flip(copy.schema);
    }),
    change((copy) => {
      copy.registry.records[0]!.value = flip(copy.registry.records[0]!.value);
    }),
    change((copy) => void copy.registry.records.pop()),
    change((copy) => {
      records(copy)[0]!.header = flip(records(copy)[0]!.header!);
    }),
    change((copy) => {
      records(copy)[2]!.header = flip(records(copy)[2]!.header!);
    }),
    change((copy) => {
      records(copy)[2]!.signature = flip(records(copy)[2]!.signature!);
    }),
    change((copy) => {
      records(copy)[2]!.append_time += 1;
    }),
    change((copy) => {
      records(copy)[2]!.events[0]!.parts = flip(records(copy)[2]!.events[0]!.parts);
    }),
    change((copy) => {
      records(copy)[3]!.events[0]!.proof = [];
    }),
    change((copy) => {
      records(copy)[3]!.events = records(copy)[2]!.events;
    }),
    change((copy) => void records(copy).splice(2, 1)),
    change((copy) => {
      copy.logs[0]!.checkpoint = flip(copy.logs[0]!.checkpoint!);
    }),
    change((copy) => {
      copy.logs[0]!.checkpoint = copy.registry.log!.checkpoint;
    }),
    change((copy) => {
      copy.logs[0]!.checkpoint = null;
    }),
    change((copy) => {
      copy.logs[0]!.timestamps = [flip(copy.logs[0]!.timestamps[0]!)];
    }),
    change((copy) => {
      copy.logs[0]!.timestamps = [];
    }),
    change((copy) => {
      copy.logs[0]!.range = [0, 7];
    }),
    change((copy) => {
      copy.deployment.root_key = flip(copy.deployment.root_key);
    }),
    JSON.stringify(json).slice(0, -1),
  ];
}
