import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EventInput } from '../../services/core/event/index.js';
import type { ImportItem, ImportOptions } from '../../services/producer/importers/index.js';
import { importLines, testIds } from '../support/importing.js';

const at = (message: string, program = 'sshd[4711]'): string => `Mar 10 06:55:46 web1 ${program}: ${message}`;

async function one(line: string, options?: Partial<ImportOptions>): Promise<ImportItem> {
  const [item] = await importLines([line], options);
  return item!;
}

async function eventOf(line: string, options?: Partial<ImportOptions>): Promise<EventInput> {
  const item = await one(line, options);
  assert.equal(item.kind, 'events', JSON.stringify(item));
  assert.equal(item.kind === 'events' && item.events.length, 1);
  return item.kind === 'events' ? item.events[0]! : assert.fail();
}

const detailsOf = (event: EventInput): Record<string, unknown> => event.details as Record<string, unknown>;

describe('attempts to log in', () => {
  test('a wrong password of a known user is auth.login_failed, bad_password', async () => {
    const line = at('Failed password for root from 203.0.113.7 port 38926 ssh2');
    assert.deepEqual(await eventOf(line), {
      occurred_at: '2026-03-10T06:55:46.000000Z',
      organization_id: 'acme',
      actor: { type: 'user', id: testIds('usr', 'root'), name: 'root' },
      action: 'auth.login_failed',
      target: { type: 'host', id: testIds('host', 'web1'), name: 'web1' },
      outcome: 'failure',
      reason: 'bad_password',
      auth_method: 'password',
      service: 'sshd',
      correlation_id: testIds('ssh', `web1\0${4711}\0${Date.UTC(2026, 2, 10) / 86_400_000}`),
      ip: '203.0.113.7',
      message: 'Login to web1 as root from 203.0.113.7 by password failed',
      details: { port: 38926, log_line: 1, log: line },
    });
  });

  test('a user whom the host does not know is invalid_user, whatever the method', async () => {
    for (const method of ['password', 'publickey', 'keyboard-interactive/pam']) {
      const event = await eventOf(at(`Failed ${method} for invalid user admin from 203.0.113.7 port 1 ssh2`));
      assert.deepEqual([event.reason, event.auth_method, event.actor?.name], ['invalid_user', method, 'admin']);
    }
    const old = await eventOf(at('Failed password for illegal user admin from 203.0.113.7 port 1 ssh2'));
    assert.deepEqual([old.reason, old.actor?.name], ['invalid_user', 'admin']);
  });

  test('only a password is called a bad password', async () => {
    for (const method of ['publickey', 'keyboard-interactive/pam', 'hostbased', 'gssapi-with-mic']) {
      const event = await eventOf(at(`Failed ${method} for ada from 203.0.113.7 port 1 ssh2`));
      assert.deepEqual(
        [event.action, event.reason, event.auth_method],
        ['auth.login_failed', 'credential_refused', method],
      );
    }
  });

  test('a client that only asks which methods there are has not failed to log in', async () => {
    const item = await one(at('Failed none for invalid user admin from 203.0.113.7 port 52631 ssh2'));
    assert.deepEqual(item, { kind: 'known', line: 1, template: 'Failed none' });
  });

  test('accepted logins keep their method and what key it was', async () => {
    const password = await eventOf(at('Accepted password for ada from 203.0.113.7 port 4242 ssh2'));
    assert.deepEqual([password.action, password.outcome, password.reason], ['auth.login', 'success', undefined]);
    const key = await eventOf(
      at(
        'Accepted publickey for ada from 203.0.113.7 port 4242 ssh2: ED25519 SHA256:1M4RzhMyWuFS/86uPY/ce2prh/dVTHW7iD2RhpquOZA',
      ),
    );
    assert.equal(key.auth_method, 'publickey');
    assert.deepEqual(detailsOf(key).key, {
      type: 'ED25519',
      fingerprint: 'SHA256:1M4RzhMyWuFS/86uPY/ce2prh/dVTHW7iD2RhpquOZA',
    });
    const md5 = await eventOf(
      at(
        'Accepted publickey for ada from 203.0.113.7 port 4242 ssh2: RSA 39:33:99:e9:a0:dc:f2:33:a3:e5:72:3b:7c:3a:56:84',
      ),
    );
    assert.deepEqual(detailsOf(md5).key, {
      type: 'RSA',
      fingerprint: '39:33:99:e9:a0:dc:f2:33:a3:e5:72:3b:7c:3a:56:84',
    });
    const kerberos = await eventOf(
      at('Accepted gssapi-with-mic for ada from 203.0.113.7 port 4242 ssh2: ada@EXAMPLE.ORG'),
    );
    assert.deepEqual(detailsOf(kerberos).key, { principal: 'ada@EXAMPLE.ORG' });
    const certificate = await eventOf(
      at(
        'Accepted publickey for ada from 203.0.113.7 port 4242 ssh2: ED25519-CERT SHA256:1M4RzhMyWuFS/86uPY/ce2prh/dVTHW7iD2RhpquOZA ID ada laptop (serial 17) CA RSA SHA256:kzfjfps/WFgXAdNgzvHBLuI072Y+f+91rpinXJAAvkM',
      ),
    );
    assert.deepEqual(detailsOf(certificate).key, {
      type: 'ED25519-CERT',
      fingerprint: 'SHA256:1M4RzhMyWuFS/86uPY/ce2prh/dVTHW7iD2RhpquOZA',
      certificate: {
        id: 'ada laptop',
        serial: '17',
        authority: 'RSA SHA256:kzfjfps/WFgXAdNgzvHBLuI072Y+f+91rpinXJAAvkM',
      },
    });
    assert.equal(certificate.ip, '203.0.113.7');
  });

  test('a line that stands for five attempts gives five events', async () => {
    const item = await one(
      at('message repeated 5 times: [ Failed password for root from 203.0.113.7 port 42393 ssh2]'),
    );
    assert.equal(item.kind === 'events' && item.events.length, 5);
    assert.equal(item.kind === 'events' && detailsOf(item.events[0]!).repeated, 5);
    assert.equal(item.kind === 'events' && item.events[4]!.reason, 'bad_password');
  });

  test("an old daemon's 'last message repeated' stands for the line before it, whatever that was", async () => {
    const items = await importLines([
      at('Failed password for root from 203.0.113.7 port 42393 ssh2'),
      'Mar 10 06:55:50 web1 last message repeated 3 times',
      at('Connection closed by 203.0.113.7'),
      'Mar 10 06:55:51 web1 last message repeated 2 times',
      'Mar 10 06:55:52 web2 last message repeated 2 times',
    ]);
    assert.deepEqual(
      items.map(({ kind }) => kind),
      ['events', 'events', 'known', 'known', 'unknown'],
    );
    const again = items[1]!;
    assert.equal(again.kind === 'events' && again.events.length, 3);
    assert.equal(again.kind === 'events' && again.events[0]!.occurred_at, '2026-03-10T06:55:50.000000Z');
  });

  test('a repeat count that no daemon wrote is refused, not allocated', async () => {
    const item = await one(
      at('message repeated 999999999 times: [ Failed password for root from 203.0.113.7 port 1 ssh2]'),
    );
    assert.equal(item.kind, 'refused');
  });

  test("the attempts of one connection share a correlation id that does not tell the host's name", async () => {
    const items = await importLines([
      at('Failed password for root from 203.0.113.7 port 1 ssh2'),
      at('Accepted password for root from 203.0.113.7 port 1 ssh2'),
      at('Accepted password for root from 203.0.113.7 port 1 ssh2', 'sshd[4712]'),
    ]);
    const [first, second, third] = items.map((item) => (item.kind === 'events' ? item.events[0]!.correlation_id : ''));
    assert.equal(first, second);
    assert.notEqual(second, third);
    assert.doesNotMatch(first!, /web1|4711/);
  });
});

describe('where an attempt comes from', () => {
  test('IPv6 addresses, with or without a zone', async () => {
    const plain = await eventOf(at('Failed password for root from 2001:db8::7 port 22 ssh2'));
    assert.equal(plain.ip, '2001:db8::7');
    const zoned = await eventOf(at('Failed password for root from fe80::1%eth0 port 22 ssh2'));
    assert.equal(zoned.ip, 'fe80::1');
  });

  test('a host name, or UNKNOWN, is kept beside and is no address', async () => {
    for (const name of ['dsl-7.example.org', 'UNKNOWN']) {
      const event = await eventOf(at(`Failed password for root from ${name} port 22 ssh2`));
      assert.equal(event.ip, undefined);
      assert.equal(detailsOf(event).remote_host, name);
    }
  });

  test('a port that none is makes the line unknown', async () => {
    assert.equal((await one(at('Failed password for root from 203.0.113.7 port 70000 ssh2'))).kind, 'unknown');
  });
});

describe('names that attackers choose', () => {
  test('an empty user name', async () => {
    const event = await eventOf(at('Failed password for invalid user  from 203.0.113.7 port 22 ssh2'));
    assert.deepEqual(event.actor, { type: 'anonymous' });
    assert.equal(event.reason, 'invalid_user');
  });

  test('blanks are part of the name', async () => {
    const event = await eventOf(at('Failed password for invalid user  0101 from 203.0.113.7 port 22 ssh2'));
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
      const event = await eventOf(at(`Failed password for invalid user ${name} from 203.0.113.7 port 4242 ssh2`));
      assert.deepEqual([event.actor?.name, event.ip, detailsOf(event).port], [name, '203.0.113.7', 4242]);
    }
  });

  test('a name with a key behind the address is read from the right too', async () => {
    const key = 'ED25519 SHA256:kzfjfps/WFgXAdNgzvHBLuI072Y+f+91rpinXJAAvkM';
    const name = 'root from 198.51.100.9 port 22 ssh2: RSA SHA256:1M4RzhMyWuFS/86uPY/ce2prh/dVTHW7iD2RhpquOZA';
    const event = await eventOf(
      at(`Failed publickey for invalid user ${name} from 203.0.113.7 port 4242 ssh2: ${key}`),
    );
    assert.deepEqual([event.actor?.name, event.ip], [name, '203.0.113.7']);
  });

  test("where a certificate's id pretends to be an address, the event stands and no address is claimed", async () => {
    const print = 'SHA256:1M4RzhMyWuFS/86uPY/ce2prh/dVTHW7iD2RhpquOZA';
    const id = `x from 198.51.100.9 port 22 ssh2: RSA-CERT ${print} ID y`;
    const item = await one(
      at(
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
    const line = at(`Failed password for invalid user ${name} from 203.0.113.7 port 22 ssh2`);
    const event = await eventOf(line);
    assert.equal(event.actor!.name!.length, 1_001);
    assert.ok(event.actor!.name!.isWellFormed());
    assert.equal(detailsOf(event).log, line);
  });

  test('ids say nothing of names, and nothing across organizations', async () => {
    const event = await eventOf(at('Failed password for root from 203.0.113.7 port 22 ssh2'));
    assert.match(event.actor!.id!, /^usr_[\w-]{24}$/);
    assert.notEqual(testIds('usr', 'root'), testIds('host', 'root'));
  });
});

describe('lines without an event', () => {
  test('lines that come with an attempt are counted apart, so that nothing counts twice', async () => {
    const lines = [
      'Invalid user admin from 203.0.113.7 port 53502',
      'input_userauth_request: invalid user admin [preauth]',
      'pam_unix(sshd:auth): check pass; user unknown',
      'pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.7  user=root',
      'PAM 5 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.7  user=root',
      'error: PAM: Authentication failure for root from 203.0.113.7',
      'User root from 203.0.113.7 not allowed because not listed in AllowUsers',
      'Connection closed by authenticating user root 203.0.113.7 port 45362 [preauth]',
      'Disconnected from invalid user ftp 203.0.113.7 port 26138 [preauth]',
      'Received disconnect from 203.0.113.7: 11: Bye Bye [preauth]',
      'error: maximum authentication attempts exceeded for root from 203.0.113.7 port 1 ssh2 [preauth]',
      'Postponed keyboard-interactive for ada from 203.0.113.7 port 1 ssh2 [preauth]',
      'Partial publickey for ada from 203.0.113.7 port 1 ssh2',
      'reverse mapping checking getaddrinfo for x.example.org [203.0.113.7] failed - POSSIBLE BREAK-IN ATTEMPT!',
      'Server listening on 0.0.0.0 port 22.',
    ];
    for (const item of await importLines(lines.map((line) => at(line))))
      assert.equal(item.kind, 'known', JSON.stringify(item));
  });

  test('an unknown line is counted under its text without the varying parts, and kept', async () => {
    const item = await one(at('flux capacitor 17 of 198.51.100.9 overheated'));
    assert.equal(item.kind === 'unknown' && item.template, 'flux capacitor <n> of <ip> overheated');
    assert.equal(item.kind === 'unknown' && item.text, at('flux capacitor 17 of 198.51.100.9 overheated'));
  });

  test('an attempt that is cut off is unknown, not half an event', async () => {
    for (const cut of [
      'Failed password for root',
      'Accepted password for',
      'Failed password for root from 203.0.113.7 port',
    ]) {
      assert.equal((await one(at(cut))).kind, 'unknown');
    }
  });

  test("other programs' lines are counted by program", async () => {
    const item = await one('Mar 10 06:55:46 web1 CRON[99]: Failed password for root from 203.0.113.7 port 22 ssh2');
    assert.deepEqual(item, { kind: 'other', line: 1, program: 'CRON' });
  });

  test('files that hold only lines of PAM: those count on request', async () => {
    const failure =
      'authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=dsl-7.example.org  user=root';
    const [line, more] = [
      `Jun 14 15:16:01 combo sshd(pam_unix)[19939]: ${failure}`,
      at('PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.7 '),
    ];
    assert.equal((await one(line)).kind, 'known');
    const event = await eventOf(line, { failures: 'pam' });
    assert.deepEqual(
      [event.actor?.name, event.reason, detailsOf(event).remote_host],
      ['root', 'bad_password', 'dsl-7.example.org'],
    );
    const item = await one(more, { failures: 'pam' });
    assert.equal(item.kind === 'events' && item.events.length, 2);
    assert.equal(item.kind === 'events' && item.events[0]!.reason, 'invalid_user');
    const own = at('Failed password for root from 203.0.113.7 port 22 ssh2');
    assert.equal((await one(own, { failures: 'pam' })).kind, 'known');
  });
});
