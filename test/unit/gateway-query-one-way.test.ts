import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, test } from 'node:test';
import { packageRoot } from '../../services/core/paths.js';

const gateway = join(packageRoot(), 'services', 'gateway');
const files = readdirSync(gateway, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name: relative('', name), text: readFileSync(join(gateway, name), 'utf8') }));

/** The table of events in a statement, in any of the ways of naming a table. */
const namesEvents = /\b(?:from|into|table|join|update)\s+(?:if\s+exists\s+)?(?:[`"]?[\w{}:$.]+[`"]?\.)?[`"]?events\b/i;

describe('the tenant wall', () => {
  test('one file of the gateway names the table of events in SQL to read it, the one that writes the tenant condition; one erases in it', () => {
    assert.ok(files.length > 20);
    const naming = files.filter(({ text }) => namesEvents.test(text)).map(({ name }) => name);
    // What is rewritten there was found and named through the table's one way before.
    assert.deepEqual(naming.sort(), [join('erasure', 'rewrite.ts'), join('query', 'scope.ts')]);
  });

  test('the search would find the table however it is named', () => {
    for (const sql of [
      'SELECT * FROM events',
      'select 1 from {database:Identifier}.events where',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: this is how source code looks
      'FROM ${database}.events',
      'ALTER TABLE sealstream.events UPDATE',
      'insert into `events`',
      'LEFT JOIN "db"."events"',
    ]) {
      assert.match(sql, namesEvents);
    }
    assert.doesNotMatch('a list of events; from all events', namesEvents);
  });

  test('the tenant condition is written once', () => {
    const writing = files.filter(({ text }) => /scope != 'system'/.test(text)).map(({ name }) => name);
    assert.deepEqual(writing, [join('query', 'scope.ts')]);
  });
});
