import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { openIdKey } from '../../services/cli/importing/id-key.js';
import { longestLine, openLines } from '../../services/cli/importing/lines.js';
import {
  createEventIds,
  idempotencyKeyOf,
  type Part,
  type PartLimits,
  partLimits,
  partsOf,
} from '../../services/cli/importing/parts.js';
import { sshdImporter } from '../../services/producer/importers/sshd/importer.js';
import { importDay, testIds } from '../support/importing.js';

const folder = mkdtempSync(join(tmpdir(), 'sealstream-lines-'));
after(() => rmSync(folder, { recursive: true, force: true }));

async function linesOf(...chunks: (string | Buffer)[]): Promise<{ lines: string[]; digest: string }> {
  const source = await openLines('-', Readable.from(chunks.map((chunk) => Buffer.from(chunk))));
  const lines: string[] = [];
  for await (const line of source.lines()) lines.push(line);
  return { lines, digest: source.digest().toString('hex') };
}

const failure = (port: number): string =>
  `Mar 10 06:55:46 web1 sshd[1]: Failed password for root from 203.0.113.7 port ${port} ssh2`;
const noise = 'Mar 10 06:55:46 web1 CRON[1]: x';

async function partsFor(
  lines: readonly string[],
  {
    limits = partLimits,
    year = 2026,
    organization = 'acme',
  }: { limits?: PartLimits; year?: number; organization?: string } = {},
): Promise<Part[]> {
  const source = await openLines('-', Readable.from([Buffer.from(lines.map((line) => `${line}\n`).join(''))]));
  const options = { organization, ids: testIds, timeZone: 'UTC', nowMs: importDay, year };
  const ids = createEventIds({ key: Buffer.alloc(32, 3), organization, options: { year }, digest: source.digest });
  const parts: Part[] = [];
  for await (const part of partsOf({ items: sshdImporter.parse(source.lines(), options), ids, limits }))
    parts.push(part);
  return parts;
}

const idsOf = (parts: readonly Part[]): string[] => parts.flatMap(({ events }) => events.map(({ id }) => id));

describe('lines of a file', () => {
  test('are the same however the bytes come, whether they end in LF or CRLF, plain or gzip', async () => {
    const text = 'one\ntwo ä\n\nfour';
    const expected = { lines: ['one', 'two ä', '', 'four'], digest: (await linesOf(text)).digest };
    assert.deepEqual(await linesOf(text), expected);
    assert.deepEqual(await linesOf(`${text}\n`), expected);
    assert.deepEqual(await linesOf(text.replaceAll('\n', '\r\n')), expected);
    assert.deepEqual(await linesOf(...[...Buffer.from(text)].map((byte) => Buffer.from([byte]))), expected);
    assert.deepEqual(await linesOf(gzipSync(text)), expected);
    assert.deepEqual(await linesOf(...[...gzipSync(text)].map((byte) => Buffer.from([byte]))), expected);
  });

  test('gzip files that were joined are read to their end', async () => {
    assert.deepEqual((await linesOf(Buffer.concat([gzipSync('one\n'), gzipSync('two\n')]))).lines, ['one', 'two']);
  });

  test('a damaged gzip file is an error, not its beginning', async () => {
    await assert.rejects(linesOf(gzipSync('x'.repeat(1_000)).subarray(0, 20)), /stdin: /);
  });

  test('nothing gives no line', async () => {
    assert.deepEqual((await linesOf()).lines, []);
    assert.deepEqual((await linesOf('')).lines, []);
    assert.deepEqual((await linesOf('\n')).lines, ['']);
  });

  test('a line without end is cut and marked, and never held whole', async () => {
    const { lines } = await linesOf('a'.repeat(5_000_000), '\n', 'next\n');
    assert.equal(lines.length, 2);
    assert.ok(lines[0]!.startsWith('[more than 8192 bytes] aaa') && lines[0]!.length < longestLine + 40);
    assert.equal(lines[1], 'next');
  });

  test('bytes that are no UTF-8 are replaced', async () => {
    assert.deepEqual((await linesOf(Buffer.from([0x61, 0xff, 0x62, 0x0a]))).lines, ['a\ufffdb']);
  });

  test('the digest is over the lines', async () => {
    assert.equal((await linesOf('one\ntwo\n')).digest, createHash('sha256').update('one\ntwo\n').digest('hex'));
  });

  test('a folder, and a file that is not there, are named', async () => {
    await assert.rejects(openLines(folder, Readable.from([])), /is a folder/);
    await assert.rejects(openLines(join(folder, 'none.log'), Readable.from([])), /There is no file/);
  });
});

describe('requests of an import', () => {
  test('hold at most 500 events and end at the same lines each time', async () => {
    const lines = Array.from({ length: 1_201 }, (_, at) => failure(at));
    const parts = await partsFor(lines);
    assert.deepEqual(
      parts.map(({ events, firstLine, lastLine }) => [events.length, firstLine, lastLine]),
      [
        [500, 1, 500],
        [500, 501, 1_000],
        [201, 1_001, 1_201],
      ],
    );
    assert.deepEqual(await partsFor(lines), parts);
  });

  test('end at blocks of lines too, so that an event more or less moves no later border', async () => {
    const limits = { events: 500, lines: 4, bytes: 400_000 };
    const parts = await partsFor(
      [noise, failure(1), noise, failure(2), failure(3), noise, noise, noise, noise, failure(4)],
      { limits },
    );
    assert.deepEqual(
      parts.map(({ firstLine, lastLine }) => [firstLine, lastLine]),
      [
        [2, 4],
        [5, 5],
        [10, 10],
      ],
    );
  });

  test('stay small where lines are long', async () => {
    const limits = { events: 500, lines: 2_000, bytes: 2_000 };
    const parts = await partsFor([1, 2, 3, 4, 5, 6, 7].map(failure), { limits });
    assert.ok(parts.length > 1);
    assert.equal(idsOf(parts).length, 7);
  });

  test('a line that stands for more events than a request holds goes over several', async () => {
    const parts = await partsFor([
      `Mar 10 06:55:46 web1 sshd[1]: message repeated 1201 times: [ ${failure(1).slice(30)}]`,
    ]);
    assert.deepEqual(
      parts.map(({ events }) => events.length),
      [500, 500, 201],
    );
    assert.equal(new Set(idsOf(parts)).size, 1_201);
    assert.equal(new Set(parts.map(({ events }) => idempotencyKeyOf(events))).size, 3);
  });
});

describe('ids of imported events', () => {
  const lines = [failure(1), noise, failure(2), failure(2)];

  test('are the same each time, and each event has its own', async () => {
    const ids = idsOf(await partsFor(lines));
    assert.deepEqual(idsOf(await partsFor(lines)), ids);
    assert.equal(new Set(ids).size, 3);
    for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test('stay when the file grows', async () => {
    const ids = idsOf(await partsFor(lines));
    assert.deepEqual(idsOf(await partsFor([...lines, noise, failure(3)])).slice(0, 3), ids);
  });

  test('differ where an earlier line, an option or the organization does', async () => {
    const ids = idsOf(await partsFor(lines));
    const others = [
      idsOf(await partsFor([noise, ...lines])),
      idsOf(await partsFor(lines, { year: 2025 })),
      idsOf(await partsFor(lines, { organization: 'globex' })),
    ];
    for (const other of others)
      assert.deepEqual(
        other.filter((id) => ids.includes(id)),
        [],
      );
  });
});

describe('the secret behind ids', () => {
  test('is made once, for its owner alone, and read again', () => {
    const first = openIdKey({ file: undefined, folder });
    assert.equal(first.made, true);
    assert.equal(statSync(first.file).mode & 0o777, 0o600);
    const again = openIdKey({ file: undefined, folder });
    assert.deepEqual([again.made, again.key], [false, first.key]);
    assert.equal(readFileSync(first.file, 'utf8').trim(), first.key.toString('hex'));
  });

  test('is not made over a file that holds something else, nor in a folder that is not there', () => {
    const file = join(folder, 'letter.txt');
    writeFileSync(file, 'Dear Ada');
    assert.throws(() => openIdKey({ file, folder }), /holds no key/);
    assert.equal(readFileSync(file, 'utf8'), 'Dear Ada');
    assert.throws(() => openIdKey({ file: undefined, folder: join(folder, 'none') }), /--id-key-file/);
  });
});
