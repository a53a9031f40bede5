import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createResultPipes, type ResultPipes } from '../../infra/local/clickhouse/result-pipes.js';

describe('a result pipe', () => {
  let pipes: ResultPipes;
  before(async () => {
    pipes = await createResultPipes({
      folder: join(mkdtempSync(join(tmpdir(), 'sealstream-pipes-')), 'pipes'),
      count: 1,
    });
  });
  after(() => pipes.remove());

  // The client of a query was killed after the pipe was there and before the engine had opened it: the query stayed for ever.
  test('lets a writer through that opens it after its reader has gone', { timeout: 10_000 }, async () => {
    for (let round = 0; round < 5; round += 1) {
      const pipe = pipes.open(0);
      pipe.rows.on('error', () => {});
      pipe.abandon();
      await new Promise((resolve) => setTimeout(resolve, 30));
      const writer = await open(pipe.path, 'w');
      await assert.rejects(writer.write('late'.repeat(100)), { code: 'EPIPE' });
      await writer.close();
      pipe.finish();
    }
  });

  test('is whole again for the next query', { timeout: 10_000 }, async () => {
    const pipe = pipes.open(0);
    const writer = await open(pipe.path, 'w');
    await writer.write('rows');
    await writer.close();
    pipe.finish();
    const chunks: Buffer[] = [];
    for await (const chunk of pipe.rows) chunks.push(chunk as Buffer);
    assert.equal(Buffer.concat(chunks).toString(), 'rows');
  });
});
