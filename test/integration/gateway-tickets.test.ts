import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Redis } from 'ioredis';
import { createLogger } from '../../services/core/log.js';
import { readAdminKey } from '../../services/gateway/auth/admin-key.js';
import { newKeyText } from '../../services/gateway/auth/api-key.js';
import { createAuditorLinks, readAuditorLink } from '../../services/gateway/auth/auditors/auditor-links.js';
import { createKeyDirectory } from '../../services/gateway/auth/key-directory.js';
import { createKeyIssuer } from '../../services/gateway/auth/key-issuer.js';
import { createKeyTable } from '../../services/gateway/auth/key-table.js';
import { createRoles, readRole } from '../../services/gateway/auth/roles/roles.js';
import { createSettings } from '../../services/gateway/auth/settings.js';
import { createSignIn } from '../../services/gateway/auth/sign-in.js';
import { createTestDatabase, stackFromEnv, uniqueName } from '../support/stack.js';

describe('a stream’s ticket', () => {
  let redis: Redis;
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  const adminKey = newKeyText();
  const admin = readAdminKey(adminKey);
  const refused = { kind: 'unauthenticated' };

  const open = () => {
    const table = createKeyTable(database);
    const log = createLogger('test', 'silent');
    const directory = createKeyDirectory({ table, log });
    const settings = createSettings({ ...database, kind: 'role', read: readRole, log });
    const roles = createRoles({ settings });
    const auditors = createAuditorLinks({
      settings: createSettings({ ...database, kind: 'auditor_link', read: readAuditorLink, log }),
    });
    const config = { admin, deployment: { audience: uniqueName('test.example/log', '-') } };
    return {
      ...createSignIn({ directory, redis, auditors, config }),
      directory,
      issuer: createKeyIssuer({ directory, roles }),
    };
  };

  before(async () => {
    redis = new Redis(stackFromEnv().redisUrl);
    database = await createTestDatabase();
  });
  after(async () => {
    redis?.disconnect();
    await database?.remove();
  });

  test('opens one stream, however many ask at once', async () => {
    const { authenticator, tickets } = open();
    const { ticket, expiresAtMs } = await tickets.issue(await authenticator.ofKey(adminKey));
    assert.ok(expiresAtMs > Date.now() + 25_000 && expiresAtMs <= Date.now() + 30_000);
    const answers = await Promise.allSettled(Array.from({ length: 20 }, () => authenticator.ofTicket!(ticket)));
    const [won, ...more] = answers.filter((answer) => answer.status === 'fulfilled');
    assert.equal(more.length, 0);
    assert.equal(won?.value.caller.name, 'administrator');
    assert.equal((await won!.value.again()).name, 'administrator', 'which can be asked about later');
    await assert.rejects(authenticator.ofTicket!('A'.repeat(43)), refused);
    await assert.rejects(authenticator.ofTicket!(adminKey), refused);
  });

  test('ends with the key, or the session, that it was made by', async () => {
    const { authenticator, tickets, sessions, issuer, directory } = open();
    const caller = await authenticator.ofKey(adminKey);
    const request = {
      name: 'k',
      organizations: ['acme'],
      permissions: ['view:audit_logs' as const],
      expiresAtMs: undefined,
    };
    const { key, text } = await issuer.draft(request, caller);
    await directory.put(key);

    const byKey = await tickets.issue(await authenticator.ofKey(text));
    const stream = await authenticator.ofTicket!(byKey.ticket);
    const begun = await sessions.begin({ kind: 'api_key', hash: key.hash.toString('hex') }, {});
    const cookie = begun.cookie.split(';', 1)[0]!;
    const bySession = await tickets.issue(await authenticator.ofHeaders({ cookie }));
    const other = await authenticator.ofTicket!(bySession.ticket);
    assert.equal(other.caller.kind, 'session');

    await sessions.end({ cookie });
    await assert.rejects(other.again(), refused);
    assert.equal((await stream.again()).name, 'k');
    await issuer.revoke(key.id, caller);
    await assert.rejects(stream.again(), refused);
  });

  test('is not taken for a session’s cookie, nor a session for a ticket', async () => {
    const { authenticator, tickets, sessions } = open();
    const { ticket } = await tickets.issue(await authenticator.ofKey(adminKey));
    await assert.rejects(authenticator.ofHeaders({ cookie: `${sessions.cookie.name}=${ticket}` }), refused);
    const begun = await sessions.begin({ kind: 'api_key', hash: admin.hash.toString('hex') }, {});
    const secret = begun.cookie.split(';', 1)[0]!.split('=')[1]!;
    await assert.rejects(authenticator.ofTicket!(secret), refused);
  });
});
