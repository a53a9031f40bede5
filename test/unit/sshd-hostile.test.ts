import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { detailsOf, eventOf, importLine, sshdLine, testIds } from '../support/importing.js';

describe('where an attempt comes from', () => {
  test('IPv6 addresses, with or without a zone', async () => {
    const plain = await eventOf(sshdLine('Failed password for root from 2001:db8::7 port 22 ssh2'));
    assert.equal(plain.ip, '2001:db8::7');
    const zoned = await eventOf(sshdLine('Failed password for root from fe80::1%eth0 port 22 ssh2'));
    assert.equal(zoned.ip, 'fe80::1');
  });

  test('a host name, or UNKNOWN, is kept beside and is no address', async () => {
    for (const name of ['dsl-7.example.org', 'UNKNOWN']) {
      const event = await eventOf(sshdLine(`Failed password for root from ${name} port 22 ssh2`));
      assert.equal(event.ip, undefined);
      assert.equal(detailsOf(event).remote_host, name);
    }
  });

  test('a port that none is makes the line unknown', async () => {
    assert.equal(
      (await importLine(sshdLine('Failed password for root from 203.0.113.7 port 70000 ssh2'))).kind,
      'unknown',
    );
  });
});

describe('names that attackers choose', () => {
  test('an empty user name', async () => {
    const event = await eventOf(sshdLine('Failed password for invalid user  from 203.0.113.7 port 22 ssh2'));
    assert.deepEqual(event.actor, { type: 'anonymous' });
    assert.equal(event.reason, 'invalid_user');
  });

  test('blanks are part of the name', async () => {
    const event = await eventOf(sshdLine('Failed password for invalid user  0101 from 203.0.113.7 port 22 ssh2'));
    assert.equal(event.actor?.name, ' 0101');
  });

  test('a name that reads like an address does not move the blame', async () => {
    const hostile = [
      'root from 198.51.100.9',
      'root from 198.51.100.9 port 22 ssh2',
      'root from 198.51.100.9 port 22 ssh2: RSA SHA256:1M4RzhMyWuFS/86uPY/ce2prh/dVTHW7iD2RhpquOZA',
      'x from 198.51.100.9 port 22',
      'from from from',
      'Failed password for root from 198.51.100.9 port 22 ssh2',
      'message repeated 5 times: [ Failed password for root from 198.51.100.9 port 22 ssh2]',
    ];
    for (const name of hostile) {
      const event = await eventOf(sshdLine(`Failed password for invalid user ${name} from 203.0.113.7 port 4242 ssh2`));
      assert.deepEqual([event.actor?.name, event.ip, detailsOf(event).port], [name, '203.0.113.7', 4242]);
    }
  });

  test('a name with a key behind the address is read from the right too', async () => {
    const key = 'ED25519 SHA256:kzfjfps/WFgXAdNgzvHBLuI072Y+f+91rpinXJAAvkM';
    const name = 'root from 198.51.100.9 port 22 ssh2: RSA SHA256:1M4RzhMyWuFS/86uPY/ce2prh/dVTHW7iD2RhpquOZA';
    const event = await eventOf(
      sshdLine(`Failed publickey for invalid user ${name} from 203.0.113.7 port 4242 ssh2: ${key}`),
    );
    assert.deepEqual([event.actor?.name, event.ip], [name, '203.0.113.7']);
  });

  test("where a certificate's id pretends to be an address, the event stands and no address is claimed", async () => {
    const print = 'SHA256:1M4RzhMyWuFS/86uPY/ce2prh/dVTHW7iD2RhpquOZA';
    const id = `x from 198.51.100.9 port 22 ssh2: RSA-CERT ${print} ID y`;
    const item = await importLine(
      sshdLine(
        `Failed publickey for root from 203.0.113.7 port 4242 ssh2: RSA-CERT ${print} ID ${id} (serial 0) CA RSA ${print}`,
      ),
    );
    assert.equal(item.kind, 'events');
    if (item.kind !== 'events') return;
    assert.deepEqual(item.notes, ['ambiguous_address']);
    assert.equal(item.events[0]!.ip, undefined);
  });

  test('a name longer than an event takes is cut, and the whole line kept', async () => {
    const name = `${'a'.repeat(999)}😀${'b'.repeat(3_000)}`;
    const line = sshdLine(`Failed password for invalid user ${name} from 203.0.113.7 port 22 ssh2`);
    const event = await eventOf(line);
    assert.equal(event.actor!.name!.length, 1_001);
    assert.ok(event.actor!.name!.isWellFormed());
    assert.equal(detailsOf(event).log, line);
  });

  test('ids say nothing of names, and nothing across organizations', async () => {
    const event = await eventOf(sshdLine('Failed password for root from 203.0.113.7 port 22 ssh2'));
    assert.match(event.actor!.id!, /^usr_[\w-]{24}$/);
    assert.notEqual(testIds('usr', 'root'), testIds('host', 'root'));
  });
});
