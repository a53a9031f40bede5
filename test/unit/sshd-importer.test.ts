import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { detailsOf, eventOf, importLine, importLines, sshdLine, testIds } from '../support/importing.js';
import { matches } from '../support/rules.js';

describe('attempts to log in', () => {
  test('a wrong password of a known user is auth.login_failed, bad_password', async () => {
    const line = sshdLine('Failed password for root from 203.0.113.7 port 38926 ssh2');
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
      details_schema: 'linux.sshd',
      details: { port: 38926, log_line: 1, log: line },
    });
  });

  test('rules about linux / sshd know them, whatever service they are said to be of', async () => {
    const line = sshdLine('Failed password for root from 203.0.113.7 port 38926 ssh2');
    const rule = `title: t\nlogsource: {product: linux, service: sshd}\ndetection:\n  s: {user: root, src_ip: 203.0.113.7}\n  condition: s\n`;
    assert.ok(matches(rule, await eventOf(line)));
    assert.ok(matches(rule, await eventOf(line, { service: 'bastion' })));
  });

  test('a user whom the host does not know is invalid_user, whatever the method', async () => {
    for (const method of ['password', 'publickey', 'keyboard-interactive/pam']) {
      const event = await eventOf(sshdLine(`Failed ${method} for invalid user admin from 203.0.113.7 port 1 ssh2`));
      assert.deepEqual([event.reason, event.auth_method, event.actor?.name], ['invalid_user', method, 'admin']);
    }
    const old = await eventOf(sshdLine('Failed password for illegal user admin from 203.0.113.7 port 1 ssh2'));
    assert.deepEqual([old.reason, old.actor?.name], ['invalid_user', 'admin']);
  });

  test('only a password is called a bad password', async () => {
    for (const method of ['publickey', 'keyboard-interactive/pam', 'hostbased', 'gssapi-with-mic']) {
      const event = await eventOf(sshdLine(`Failed ${method} for ada from 203.0.113.7 port 1 ssh2`));
      assert.deepEqual(
        [event.action, event.reason, event.auth_method],
        ['auth.login_failed', 'credential_refused', method],
      );
    }
  });

  test('a client that only asks which methods there are has not failed to log in', async () => {
    const item = await importLine(sshdLine('Failed none for invalid user admin from 203.0.113.7 port 52631 ssh2'));
    assert.deepEqual(item, { kind: 'known', line: 1, template: 'Failed none' });
  });

  test('accepted logins keep their method and what key it was', async () => {
    const password = await eventOf(sshdLine('Accepted password for ada from 203.0.113.7 port 4242 ssh2'));
    assert.deepEqual([password.action, password.outcome, password.reason], ['auth.login', 'success', undefined]);
    const key = await eventOf(
      sshdLine(
        'Accepted publickey for ada from 203.0.113.7 port 4242 ssh2: ED25519 SHA256:1M4RzhMyWuFS/86uPY/ce2prh/dVTHW7iD2RhpquOZA',
      ),
    );
    assert.equal(key.auth_method, 'publickey');
    assert.deepEqual(detailsOf(key).key, {
      type: 'ED25519',
      fingerprint: 'SHA256:1M4RzhMyWuFS/86uPY/ce2prh/dVTHW7iD2RhpquOZA',
    });
    const md5 = await eventOf(
      sshdLine(
        'Accepted publickey for ada from 203.0.113.7 port 4242 ssh2: RSA 39:33:99:e9:a0:dc:f2:33:a3:e5:72:3b:7c:3a:56:84',
      ),
    );
    assert.deepEqual(detailsOf(md5).key, {
      type: 'RSA',
      fingerprint: '39:33:99:e9:a0:dc:f2:33:a3:e5:72:3b:7c:3a:56:84',
    });
    const kerberos = await eventOf(
      sshdLine('Accepted gssapi-with-mic for ada from 203.0.113.7 port 4242 ssh2: ada@EXAMPLE.ORG'),
    );
    assert.deepEqual(detailsOf(kerberos).key, { principal: 'ada@EXAMPLE.ORG' });
    const certificate = await eventOf(
      sshdLine(
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
    const item = await importLine(
      sshdLine('message repeated 5 times: [ Failed password for root from 203.0.113.7 port 42393 ssh2]'),
    );
    assert.equal(item.kind === 'events' && item.events.length, 5);
    assert.equal(item.kind === 'events' && detailsOf(item.events[0]!).repeated, 5);
    assert.equal(item.kind === 'events' && item.events[4]!.reason, 'bad_password');
  });

  test("an old daemon's 'last message repeated' stands for the line before it, whatever that was", async () => {
    const items = await importLines([
      sshdLine('Failed password for root from 203.0.113.7 port 42393 ssh2'),
      'Mar 10 06:55:50 web1 last message repeated 3 times',
      sshdLine('Connection closed by 203.0.113.7'),
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
    const item = await importLine(
      sshdLine('message repeated 999999999 times: [ Failed password for root from 203.0.113.7 port 1 ssh2]'),
    );
    assert.equal(item.kind, 'refused');
  });

  test("the attempts of one connection share a correlation id that does not tell the host's name", async () => {
    const items = await importLines([
      sshdLine('Failed password for root from 203.0.113.7 port 1 ssh2'),
      sshdLine('Accepted password for root from 203.0.113.7 port 1 ssh2'),
      sshdLine('Accepted password for root from 203.0.113.7 port 1 ssh2', 'sshd[4712]'),
    ]);
    const [first, second, third] = items.map((item) => (item.kind === 'events' ? item.events[0]!.correlation_id : ''));
    assert.equal(first, second);
    assert.notEqual(second, third);
    assert.doesNotMatch(first!, /web1|4711/);
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
    for (const item of await importLines(lines.map((line) => sshdLine(line))))
      assert.equal(item.kind, 'known', JSON.stringify(item));
  });

  test('an unknown line is counted under its text without the varying parts, and kept', async () => {
    const item = await importLine(sshdLine('flux capacitor 17 of 198.51.100.9 overheated'));
    assert.equal(item.kind === 'unknown' && item.template, 'flux capacitor <n> of <ip> overheated');
    assert.equal(item.kind === 'unknown' && item.text, sshdLine('flux capacitor 17 of 198.51.100.9 overheated'));
  });

  test('an attempt that is cut off is unknown, not half an event', async () => {
    for (const cut of [
      'Failed password for root',
      'Accepted password for',
      'Failed password for root from 203.0.113.7 port',
    ]) {
      assert.equal((await importLine(sshdLine(cut))).kind, 'unknown');
    }
  });

  test("other programs' lines are counted by program", async () => {
    const item = await importLine(
      'Mar 10 06:55:46 web1 CRON[99]: Failed password for root from 203.0.113.7 port 22 ssh2',
    );
    assert.deepEqual(item, { kind: 'other', line: 1, program: 'CRON' });
  });

  test('files that hold only lines of PAM: those count on request', async () => {
    const failure =
      'authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=dsl-7.example.org  user=root';
    const [line, more] = [
      `Jun 14 15:16:01 combo sshd(pam_unix)[19939]: ${failure}`,
      sshdLine('PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.7 '),
    ];
    assert.equal((await importLine(line)).kind, 'known');
    const event = await eventOf(line, { failures: 'pam' });
    assert.deepEqual(
      [event.actor?.name, event.reason, detailsOf(event).remote_host],
      ['root', 'bad_password', 'dsl-7.example.org'],
    );
    const item = await importLine(more, { failures: 'pam' });
    assert.equal(item.kind === 'events' && item.events.length, 2);
    assert.equal(item.kind === 'events' && item.events[0]!.reason, 'invalid_user');
    const own = sshdLine('Failed password for root from 203.0.113.7 port 22 ssh2');
    assert.equal((await importLine(own, { failures: 'pam' })).kind, 'known');
  });
});
