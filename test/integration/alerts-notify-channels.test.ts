import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { type ChannelFault, NotifyError, type NotifyErrorCode } from '../../services/alerts/notify/errors.js';
import { createVault, type Vault } from '../../services/alerts/notify/secrets/vault.js';
import { openSettings } from '../../services/alerts/notify/store/channel.js';
import { createChannelDirectory } from '../../services/alerts/notify/store/channel-directory.js';
import { createChannelTable } from '../../services/alerts/notify/store/channel-table.js';
import { createChannels } from '../../services/alerts/notify/store/channels.js';
import { createTargetGuard, strictPolicy } from '../../services/alerts/notify/target/guard.js';
import { createLogger } from '../../services/core/log.js';
import { createTestDatabase, type TestDatabase, uniqueName } from '../support/stack.js';

const log = createLogger('test', 'silent');
const slackUrl = 'https://hooks.slack.com/services/T0000/B0000/slacktoken123456';
const slack = (name = 'slack') => ({ name, kind: 'slack', settings: { url: slackUrl } });
const email = (settings: object = {}) => ({
  name: 'mail',
  kind: 'email',
  settings: {
    host: 'smtp.example.com',
    user: 'u',
    password: 'the-password-of-mail',
    from: 'a@example.com',
    to: ['b@example.com'],
    ...settings,
  },
});
const webhook = (settings: object = {}) => ({
  name: 'hook',
  kind: 'webhook',
  settings: {
    url: 'https://hooks.example.com/in',
    secret: 'a-secret-of-the-hook',
    headers: { authorization: 'Bearer abcdefgh' },
    ...settings,
  },
});

describe('alert channels', () => {
  let db: TestDatabase;
  let vault: Vault;
  before(async () => {
    db = await createTestDatabase();
    vault = createVault({ secret: randomBytes(32), audience: 'audit.example.com' });
  });
  after(() => db?.remove());

  const open = (sealer = vault) => {
    const table = createChannelTable({ clickhouse: db.clickhouse, database: db.database });
    const directory = createChannelDirectory({ table, log });
    return {
      directory,
      channels: createChannels({ directory, vault: sealer, guard: createTargetGuard(strictPolicy) }),
    };
  };
  const refused = async (asked: Promise<unknown>, code: NotifyErrorCode): Promise<readonly ChannelFault[]> => {
    const error = await asked.then(
      () => assert.fail('it was taken'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof NotifyError, String(error));
    assert.equal(error.code, code, error.message);
    return error.faults;
  };

  test('are kept over restarts, and each organization has its own', async () => {
    const [acme, other] = [uniqueName('acme'), uniqueName('other')];
    const { channels } = open();
    const made = await channels.create(
      acme,
      { ...slack(), messages_per_minute: 7, templates: { title: '{{rule.title}}' } },
      'key-1',
    );
    assert.deepEqual(await channels.list(other), []);
    const { channels: later } = open();
    assert.deepEqual(await later.get(acme, made.id), made);
    assert.deepEqual(
      [made.messages_per_minute, made.templates, made.enabled, made.changed_by],
      [7, { title: '{{rule.title}}' }, true, 'key-1'],
    );
    await refused(later.get(other, made.id), 'channel_unknown');
    await refused(later.update(other, made.id, slack(), 'x'), 'channel_unknown');
    await refused(later.remove(other, made.id, 'x'), 'channel_unknown');
  });

  test('show their secrets to nobody, and hold them in no readable form', async () => {
    const acme = uniqueName('acme');
    const { channels, directory } = open();
    const made = [
      await channels.create(acme, slack(), 'x'),
      await channels.create(acme, email(), 'x'),
      await channels.create(acme, webhook(), 'x'),
      await channels.create(
        acme,
        { name: 'pd', kind: 'pagerduty', settings: { routing_key: `${'R'.repeat(28)}1234` } },
        'x',
      ),
    ];
    const rows = await db.clickhouse.query({ query: 'SELECT * FROM alert_channels', format: 'JSONEachRow' });
    const shown = [JSON.stringify(made), JSON.stringify(await channels.list(acme)), await rows.text()];
    const secrets = [
      slackUrl,
      'slacktoken123456',
      'the-password-of-mail',
      'a-secret-of-the-hook',
      'abcdefgh',
      'R'.repeat(28),
    ];
    for (const text of shown) for (const secret of secrets) assert.ok(!text.includes(secret), secret);
    assert.deepEqual(
      made.map(({ secrets: hints }) => hints),
      [
        { url: 'https://hooks.slack.com/…3456' },
        { password: '…mail' },
        {
          url: 'https://hooks.example.com/…m/in',
          secret: '…hook',
          headers: 'authorization',
        },
        { routing_key: '…1234' },
      ],
    );
    assert.deepEqual(made[1]?.settings, {
      host: 'smtp.example.com',
      user: 'u',
      from: 'a@example.com',
      to: ['b@example.com'],
    });
    assert.deepEqual(openSettings(vault, (await directory.find(made[0]!.id))!), { url: slackUrl });
  });

  test('keep a secret that a change leaves out, and lose one that is null', async () => {
    const acme = uniqueName('acme');
    const { channels, directory } = open();
    const { id, version } = await channels.create(acme, webhook(), 'x');
    const changed = await channels.update(
      acme,
      id,
      { name: 'renamed', kind: 'webhook', settings: { headers: null } },
      'y',
      { version },
    );
    assert.deepEqual([changed.name, changed.changed_by], ['renamed', 'y']);
    assert.ok(changed.version > version);
    const settings = openSettings(vault, (await directory.find(id))!);
    assert.deepEqual(settings, { url: 'https://hooks.example.com/in', secret: 'a-secret-of-the-hook' });
  });

  test('send no kept secret elsewhere', async () => {
    const acme = uniqueName('acme');
    const { channels } = open();
    const mail = await channels.create(acme, email(), 'x');
    const { password: _password, ...elsewhere } = email({ host: 'smtp.evil.example' }).settings;
    assert.deepEqual(
      await refused(channels.update(acme, mail.id, { ...email(), settings: elsewhere }, 'x'), 'channel_invalid'),
      [{ pointer: '/settings/password', detail: 'must be given again, since it would now go elsewhere' }],
    );
    const hook = await channels.create(acme, webhook(), 'x');
    const moved = { ...webhook(), settings: { url: 'https://evil.example/' } };
    const faults = await refused(channels.update(acme, hook.id, moved, 'x'), 'channel_invalid');
    assert.deepEqual(faults.map(({ pointer }) => pointer).sort(), ['/settings/headers', '/settings/secret']);
    await channels.update(acme, hook.id, webhook({ url: 'https://hooks.example.com/elsewhere' }), 'x');
  });

  test('are refused with every fault at its place, and without the values', async () => {
    const acme = uniqueName('acme');
    const { channels } = open();
    const cases: [input: unknown, pointers: string[]][] = [
      [null, ['']],
      [{ kind: 'fax', name: 'x', settings: {} }, ['/kind']],
      [{ kind: 'slack', settings: {} }, ['/name']],
      [{ ...slack(), colour: 1 }, ['/colour']],
      [{ ...slack(), messages_per_minute: 0 }, ['/messages_per_minute']],
      [{ ...slack(), group_seconds: 3_601 }, ['/group_seconds']],
      [{ ...slack(), group_seconds: 5, group_by: ['rule.id', 'nothing'] }, ['/group_by/1']],
      [{ ...slack(), group_by: ['rule.id'] }, ['/group_by']],
      [
        { name: 'p', kind: 'pagerduty', group_seconds: 5, settings: { routing_key: 'a'.repeat(32) } },
        ['/group_seconds'],
      ],
      [{ ...slack(), settings: {} }, ['/settings/url']],
      [{ ...slack(), settings: { url: 'not a url!' } }, ['/settings/url']],
      [{ ...slack(), settings: { url: 'http://hooks.slack.com/x' } }, ['/settings/url']],
      [{ ...slack(), settings: { url: 'https://10.0.0.8/secret-path' } }, ['/settings/url']],
      [{ ...slack(), templates: { title: '{{x}}', body: 'a\n{{group.ip}}' } }, ['/templates/title', '/templates/body']],
      [email({ security: 'none' }), ['/settings/security']],
      [email({ password: undefined }), ['/settings/password']],
      [email({ host: '127.0.0.1' }), ['/settings/host']],
      [email({ to: [] }), ['/settings/to']],
      [email({ from: 'a@b.c\r\nBcc: d@e.f' }), ['/settings/from']],
      [webhook({ secret: 'short-secret' }), ['/settings/secret']],
      [webhook({ headers: { Host: 'x' } }), ['/settings/headers/Host']],
      [webhook({ headers: { 'x-a': 'secret-value\r\nx-b: 1' } }), ['/settings/headers/x-a']],
      [{ name: 'pd', kind: 'pagerduty', settings: { routing_key: 'secret-key' } }, ['/settings/routing_key']],
    ];
    for (const [input, pointers] of cases) {
      const faults = await refused(channels.create(acme, JSON.parse(JSON.stringify(input)), 'x'), 'channel_invalid');
      assert.deepEqual(
        faults.map(({ pointer }) => pointer),
        pointers,
        JSON.stringify(faults),
      );
      assert.ok(!JSON.stringify(faults).includes('secret-'), JSON.stringify(faults));
    }
    assert.deepEqual(await channels.list(acme), []);
    const [, body] = await refused(
      channels.create(acme, { ...slack(), templates: { title: '{{x}}', body: 'a\n{{group.ip}}' } }, 'x'),
      'channel_invalid',
    );
    assert.match(body!.detail, /^line 2, column 1: not every alert has 'group\.ip'/);
  });

  test('have names of their own, and versions that guard against undoing another’s change', async () => {
    const acme = uniqueName('acme');
    const { channels } = open();
    const one = await channels.create(acme, slack('one'), 'x');
    await refused(open().channels.create(acme, slack('one'), 'x'), 'channel_conflict');
    const two = await channels.create(acme, slack('two'), 'x');
    await refused(channels.update(acme, two.id, slack('one'), 'x'), 'channel_conflict');
    await open().channels.update(acme, one.id, slack('first'), 'y', { version: one.version });
    await refused(channels.update(acme, one.id, slack('one'), 'x', { version: one.version }), 'channel_conflict');
    await refused(channels.update(acme, one.id, { ...webhook(), name: 'one' }, 'x'), 'channel_invalid');
  });

  test('are meant by id, by name, or by kind', async () => {
    const acme = uniqueName('acme');
    const { channels } = open();
    const one = await channels.create(acme, slack('one'), 'x');
    const two = await channels.create(acme, { ...slack('two'), enabled: false }, 'x');
    const three = await channels.create(acme, slack('three'), 'x');
    assert.deepEqual(await channels.resolve(acme, ['two', one.id, 'fax', one.id]), {
      channelIds: [two.id, one.id],
      unknown: ['fax'],
    });
    assert.deepEqual((await channels.resolve(acme, ['slack'])).channelIds.sort(), [one.id, three.id].sort());
    await channels.remove(acme, one.id, 'x');
    assert.deepEqual(await open().channels.resolve(acme, ['slack', 'one']), {
      channelIds: [three.id],
      unknown: ['one'],
    });
  });

  test('of another deployment secret are listed, do not open, and can be set again', async () => {
    const acme = uniqueName('acme');
    const made = await open().channels.create(acme, slack(), 'x');
    const { channels } = open(createVault({ secret: randomBytes(32), audience: 'audit.example.com' }));
    assert.deepEqual((await channels.list(acme))[0]?.secrets, { url: 'does not open: set it again' });
    assert.equal((await channels.update(acme, made.id, slack(), 'x')).secrets.url, 'https://hooks.slack.com/…3456');
  });
});
