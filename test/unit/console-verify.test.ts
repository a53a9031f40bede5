import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
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
