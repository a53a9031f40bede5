import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { toWire } from '../../services/core/event/index.js';
import type { ImportItem, ImportOptions } from '../../services/producer/importers/index.js';
import { importDay, importLines } from '../support/importing.js';

const failure = 'Failed password for root from 203.0.113.7 port 22 ssh2';

const timesOf = async (stamps: string[], options?: Partial<ImportOptions>): Promise<string[]> =>
  (
    await importLines(
      stamps.map((stamp) => `${stamp} web1 sshd[1]: ${failure}`),
      options,
    )
  ).map(timeOf);

const timeOf = (item: ImportItem): string => {
  if (item.kind === 'events') return `${item.events[0]!.occurred_at}${item.notes.map((note) => ` ${note}`).join('')}`;
  return item.kind === 'refused' ? item.detail : item.kind;
};

describe('forms of a line', () => {
  const forms = [
    `Mar 10 06:55:46 web1 sshd[4711]: ${failure}`,
    `Mar  9 06:55:46 web1 sshd[4711]: ${failure}`,
    `Mar 10 2026 06:55:46 web1 sshd[4711]: ${failure}`,
    `Mar 10 06:55:46.123456 web1 sshd[4711]: ${failure}`,
    `<38>Mar 10 06:55:46 web1 sshd[4711]: ${failure}`,
    `2026-03-10T06:55:46.123456+01:00 web1 sshd[4711]: ${failure}`,
    `2026-03-10T06:55:46+0100 web1 sshd-session[4711]: ${failure}`,
    `2026-03-10T05:55:46Z web1 sshd-auth[4711]: ${failure}`,
    `2026-03-10 06:55:46 web1 /usr/sbin/sshd[4711]: ${failure}`,
    `<38>1 2026-03-10T06:55:46.123456+01:00 web1 sshd 4711 - - ${failure}`,
    `<38>1 2026-03-10T06:55:46.123456+01:00 web1 sshd 4711 ID47 [a@32473 x="]\\"" y="2"][b c="d"] \uFEFF${failure}`,
    `Mar 10 06:55:46 web1 sshd: ${failure}`,
  ];
  for (const form of forms) {
    test(form.slice(0, 60), async () => {
      const [item] = await importLines([form]);
      assert.equal(item?.kind, 'events', JSON.stringify(item));
      assert.equal(item?.kind === 'events' && item.events[0]!.target?.name, 'web1');
    });
  }

  test('anything else is unknown', async () => {
    for (const line of [
      'hello',
      'Mar 10 06:55:46',
      'Mar 10 25:00:00 web1 sshd[1]: x',
      'Foo 10 06:55:46 web1 sshd[1]: x',
      '{}',
      '\0',
    ]) {
      assert.equal((await importLines([line]))[0]?.kind, 'unknown', line);
    }
  });
});

describe('years, which syslog lines lack', () => {
  test('the year of the first line is given, and goes on over New Year', async () => {
    assert.deepEqual(
      await timesOf(['Dec 31 23:59:59', 'Jan  1 00:00:00', 'Jul  1 00:00:00', 'Jan  1 00:00:01'], { year: 2020 }),
      [
        '2020-12-31T23:59:59.000000Z',
        '2021-01-01T00:00:00.000000Z',
        '2021-07-01T00:00:00.000000Z',
        '2022-01-01T00:00:01.000000Z',
      ],
    );
  });

  test('a late line from before New Year stays in the old year', async () => {
    assert.deepEqual(
      await timesOf(['Dec 31 23:59:59', 'Jan  1 00:00:00', 'Dec 31 23:59:59', 'Jan  1 00:00:02'], { year: 2020 }),
      [
        '2020-12-31T23:59:59.000000Z',
        '2021-01-01T00:00:00.000000Z',
        '2020-12-31T23:59:59.000000Z',
        '2021-01-01T00:00:02.000000Z',
      ],
    );
  });

  test('without a given year it is the newest that lies in the past', async () => {
    assert.deepEqual(await timesOf(['Jun 15 11:00:00']), ['2026-06-15T11:00:00.000000Z']);
    assert.deepEqual(await timesOf(['Dec 10 06:55:46']), ['2025-12-10T06:55:46.000000Z']);
    assert.deepEqual(await timesOf(['Feb 29 06:55:46']), ['2024-02-29T06:55:46.000000Z']);
  });

  test('29 February of a year that has none is refused by name, and so is a time to come', async () => {
    assert.deepEqual(await timesOf(['Feb 29 06:55:46'], { year: 2023 }), ['Feb 29 06:55:46 does not exist in 2023']);
    assert.deepEqual(await timesOf(['Feb 28 06:55:46', 'Feb 29 06:55:46', 'Mar  1 00:00:00'], { year: 2024 }), [
      '2024-02-28T06:55:46.000000Z',
      '2024-02-29T06:55:46.000000Z',
      '2024-03-01T00:00:00.000000Z',
    ]);
    assert.match((await timesOf(['Dec 10 06:55:46'], { year: 2026 }))[0]!, /lies in the future/);
  });

  test('a line that names its year is believed', async () => {
    assert.deepEqual(await timesOf(['2019-03-10T06:55:46+01:00'], { year: 2024 }), ['2019-03-10T05:55:46.000000Z']);
  });
});

describe('time zones, which syslog lines lack', () => {
  test('an IANA name or an offset', async () => {
    assert.deepEqual(await timesOf(['Jan 10 06:55:46'], { timeZone: 'Europe/Berlin' }), [
      '2026-01-10T05:55:46.000000Z',
    ]);
    assert.deepEqual(await timesOf(['May 10 06:55:46'], { timeZone: 'Europe/Berlin' }), [
      '2026-05-10T04:55:46.000000Z',
    ]);
    assert.deepEqual(await timesOf(['May 10 06:55:46'], { timeZone: '-03:30' }), ['2026-05-10T10:25:46.000000Z']);
    assert.deepEqual(await timesOf(['May 10 06:55:46'], { timeZone: 'Asia/Kathmandu' }), [
      '2026-05-10T01:10:46.000000Z',
    ]);
    await assert.rejects(timesOf(['May 10 06:55:46'], { timeZone: 'Mars/Olympus' }), RangeError);
  });

  test('a time that clocks jumped over is read with the offset from before, and says so', async () => {
    assert.deepEqual(
      await timesOf(['Mar 29 01:59:59', 'Mar 29 02:30:00', 'Mar 29 03:00:00'], { timeZone: 'Europe/Berlin' }),
      ['2026-03-29T00:59:59.000000Z', '2026-03-29T01:30:00.000000Z time_in_gap', '2026-03-29T01:00:00.000000Z'],
    );
  });

  test('a time that exists twice follows the line before it, and says so', async () => {
    const stamps = ['Oct 26 01:59:59', 'Oct 26 02:00:00', 'Oct 26 02:59:59', 'Oct 26 02:00:00', 'Oct 26 03:00:00'];
    assert.deepEqual(await timesOf(stamps, { timeZone: 'Europe/Berlin', year: 2025 }), [
      '2025-10-25T23:59:59.000000Z',
      '2025-10-26T00:00:00.000000Z time_twice',
      '2025-10-26T00:59:59.000000Z time_twice',
      '2025-10-26T01:00:00.000000Z time_twice',
      '2025-10-26T02:00:00.000000Z',
    ]);
  });
});

describe('whatever the lines hold', () => {
  const words = [
    'Failed',
    'password',
    'publickey',
    'for',
    'invalid user',
    'from',
    '203.0.113.7',
    '::1',
    'port',
    '22',
    'ssh2',
    ':',
    '[preauth]',
  ];
  const heads = [
    'Mar 10 06:55:46 web1 sshd[1]: ',
    'Feb 30 06:55:60 h sshd: ',
    '2026-02-29T00:00:00Z h sshd[1]: ',
    '<1>1 2026-01-01T00:00:00Z h sshd - - - ',
    '',
  ];
  const repeats = ['', 'message repeated 3 times: [ ', 'message repeated 0 times: [ ', 'last message repeated 2 times'];
  const line = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc
      .tuple(
        fc.constantFrom(...heads),
        fc.constantFrom(...repeats),
        fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 12 })), { maxLength: 20 }),
        fc.constantFrom(' ', '  ', ''),
        fc.constantFrom('', ']', '\r'),
      )
      .map(([head, repeat, parts, blank, end]) => `${head}${repeat}${parts.join(blank)}${end}`),
  );

  test('no line throws, every line gives one item, and every event can go on the wire', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 30 }),
        fc.constantFrom<'sshd' | 'pam'>('sshd', 'pam'),
        async (lines, failures) => {
          const items = await importLines(lines, { failures, timeZone: 'Europe/Berlin' });
          assert.deepEqual(
            items.map((item) => item.line),
            lines.map((_, index) => index + 1),
          );
          for (const item of items) {
            if (item.kind !== 'events') continue;
            for (const event of item.events) toWire(event, { id: Buffer.alloc(16), nowUs: importDay * 1_000 });
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('a user name comes out as it went in, whatever it is', async () => {
    const name = fc.oneof(
      fc.string({ maxLength: 60 }),
      fc.array(fc.constantFrom(...words, ' ', ': '), { maxLength: 12 }).map((parts) => parts.join(' ')),
    );
    await fc.assert(
      fc.asyncProperty(name, async (user) => {
        const text = `Mar 10 06:55:46 web1 sshd[1]: Failed password for invalid user ${user} from 203.0.113.9 port 4242 ssh2`;
        const [item] = await importLines([text]);
        assert.equal(item?.kind, 'events');
        if (item?.kind !== 'events') return;
        const [event] = item.events;
        assert.deepEqual([event!.actor?.name ?? '', event!.ip, event!.reason], [user, '203.0.113.9', 'invalid_user']);
      }),
      { numRuns: 500 },
    );
  });

  test('a line of 8 KiB made to be slow is not', async () => {
    const slow = [
      `Failed password for ${' from 1 port 1'.repeat(600)}`,
      `Failed publickey for ${' from 1 port 1 ssh2: RSA-CERT ID'.repeat(250)}`,
      `<38>1 2026-03-10T06:55:46Z web1 sshd 1 - ${'[a b="'.repeat(1_300)}`,
      `pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=x ${' user='.repeat(1_300)}\n`,
    ].map((text) => (text.startsWith('<') ? text : `Mar 10 06:55:46 web1 sshd[1]: ${text}`));
    const startedAt = process.cpuUsage();
    for (const failures of ['sshd', 'pam'] as const) await importLines(slow, { failures });
    const { user } = process.cpuUsage(startedAt);
    assert.ok(user < 2_000_000, `took ${user} µs of CPU`);
  });
});
