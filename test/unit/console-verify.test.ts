import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noTrust, readTrustFiles, sortFiles } from '../../services/console/src/verify/files.js';
import { readTrust } from '../../services/console/src/verify/trust-file.js';
import { UnreadableTrust } from '../../services/core/verify/node.js';

const refused = (json: string, pem: string[] = []): string => {
  try {
    readTrust({ json, pem });
  } catch (error) {
    assert.ok(error instanceof UnreadableTrust);
    return error.message;
  }
  return assert.fail(`${json} was taken`);
};

describe('trust given to the console', () => {
  test('is what the file of the command line says', () => {
    const file = { audience: 'a', root_key: 'r', log_keys: ['l'], witnesses: ['w'], quorum: 1 };
    const trust = readTrust({ json: JSON.stringify(file) });
    assert.deepEqual(trust, {
      audience: 'a',
      rootKey: 'r',
      logKeys: ['l'],
      witnesses: ['w'],
      quorum: 1,
      timestampRoots: [],
    });
  });

  test('is nothing where nothing is given', () => {
    const { rootKey, logKeys, witnesses } = readTrust({});
    assert.deepEqual([rootKey, logKeys, witnesses], [undefined, undefined, []]);
  });

  test('is refused with what is wrong with it', () => {
    assert.match(refused('{'), /no JSON/);
    assert.match(refused('[]'), /no JSON object/);
    assert.match(refused('{"rootkey":"r"}'), /"rootkey".*root_key/);
    assert.match(refused('{"root_key":1}'), /root_key is no text/);
    assert.match(refused('{"log_keys":"l"}'), /log_keys is no list/);
    assert.match(refused('{"quorum":-1}'), /quorum/);
    assert.match(refused('{}', ['no certificate']), /certificates/);
  });

  test('that names certificates in other files asks for them', () => {
    assert.match(refused('{"timestamp_authorities":["tsa.pem"]}'), /add tsa\.pem too/);
  });
});

describe('files dropped on the console', () => {
  const file = (name: string, text: string) => ({ name, size: text.length, text: async () => text });

  test('are known by what is in them, whatever they are called', async () => {
    const pem = file('a.json', '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----');
    const trust = file('b.txt', '{"root_key":"r"}');
    const bundle = file('trust.json', '{"format":"sealstream/bundle/v1","audience":"a"}');
    const other = file('c.json', 'hello');
    const sorted = await sortFiles([pem, trust, bundle, other]);
    assert.deepEqual(sorted.bundles, [bundle, other]);
    assert.equal(sorted.trust?.name, 'b.txt');
    assert.deepEqual(
      sorted.pem.map(({ name }) => name),
      ['a.json'],
    );
  });

  test('that cannot be read are left to the verifier, which says why', async () => {
    const broken = { name: 'gone', size: 1, text: () => Promise.reject(new Error('gone')) };
    assert.deepEqual((await sortFiles([broken])).bundles, [broken]);
  });

  test('leave nothing behind that was never trust', () => {
    for (const remembered of [undefined, '', '{}', '{"pem":[1]}', '{"pem":[],"trust":{"name":1}}']) {
      assert.deepEqual(readTrustFiles(remembered), noTrust);
    }
    const files = { trust: { name: 't', text: '{}' }, pem: [{ name: 'p', text: 'x' }] };
    assert.deepEqual(readTrustFiles(JSON.stringify(files)), files);
  });
});
