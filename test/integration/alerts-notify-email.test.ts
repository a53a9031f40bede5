import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { SMTPServerOptions } from 'smtp-server';
import { emailKind } from '../../services/alerts/notify/channels/email.js';
import type { Message } from '../../services/alerts/notify/channels/kind.js';
import { createDial } from '../../services/alerts/notify/target/dial.js';
import { SendFailure } from '../../services/alerts/notify/target/failure.js';
import { createTargetGuard, strictPolicy, type TargetPolicy } from '../../services/alerts/notify/target/guard.js';
import { createPost } from '../../services/alerts/notify/target/post.js';
import { resolveHost } from '../../services/alerts/notify/target/resolve.js';
import { templatesOf } from '../../services/alerts/notify/text/defaults.js';
import { someAlert } from '../support/alerting.js';
import { certificate } from '../support/certificate.js';
import { startMailServer } from '../support/mail-server.js';
import { startSilence } from '../support/receiving.js';

const inside: TargetPolicy = { allowedBlocks: ['127.0.0.0/8'], allowHttp: false };
const message: Message = {
  deliveryId: 'd-1',
  alerts: [someAlert({ rule: { title: 'Grüße 🔥' } })],
  more: 0,
  test: false,
};
const account = { user: 'user', password: 'password-of-the-user' };

describe('mail by SMTP', () => {
  const closing: (() => Promise<void>)[] = [];
  after(async () => {
    for (const close of closing) await close();
  });
  const start = async (options?: SMTPServerOptions) => {
    const server = await startMailServer(options);
    closing.push(server.close);
    return server;
  };
  const send = (settings: object, { policy = inside, ca = [certificate], timeoutMs = 3_000 } = {}) => {
    const dial = createDial({ guard: createTargetGuard(policy), resolve: resolveHost, connectTimeoutMs: 1_000 });
    const signal = AbortSignal.timeout(timeoutMs);
    const full = { host: 'localhost', from: 'alerts@example.com', to: ['a@example.com', 'b@example.com'], ...settings };
    const tools = {
      post: createPost({ dial, timeoutMs }),
      dial,
      signal,
      templates: templatesOf({}),
      nowMs: Date.now,
      ca,
      timeoutMs,
    };
    return emailKind.send(message, full, tools);
  };
  const failed = async (asked: Promise<unknown>): Promise<SendFailure> => {
    const error = await asked.then(
      () => assert.fail('it was taken'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof SendFailure, String(error));
    return error;
  };

  test('goes by STARTTLS, signed in, to everybody, with an id that stays', async () => {
    const { port, mails } = await start();
    const answer = await send({ port, ...account });
    assert.equal(answer.status, 250);
    assert.match(answer.text, /kept/);
    const [mail] = mails;
    assert.deepEqual([mail?.user, mail?.secure, mail?.from], ['user', true, 'alerts@example.com']);
    assert.deepEqual(mail?.to, ['a@example.com', 'b@example.com']);
    assert.match(mail!.source, /^Message-ID: <d-1@example\.com>\r$/m);
    assert.match(mail!.source, /^Auto-Submitted: auto-generated\r$/m);
    assert.match(mail!.source, /^Subject: =\?UTF-8\?/m);
    assert.match(mail!.source, /^Content-Type: multipart\/alternative/m);
  });

  test('goes by TLS from the first byte', async () => {
    const { port, mails } = await start({ secure: true });
    await send({ port, security: 'tls', ...account });
    assert.deepEqual([mails[0]?.secure, mails[0]?.user], [true, 'user']);
  });

  test('goes to no server without STARTTLS, unless that was asked for', async () => {
    const { port, mails } = await start({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] });
    const { reason, message: said } = await failed(send({ port }));
    assert.deepEqual([reason, mails.length], ['refused', 0], said);
    await send({ port, security: 'none' });
    assert.equal(mails[0]?.secure, false);
  });

  test('goes to no server whose certificate nobody vouches for', async () => {
    const { port, mails } = await start();
    const { reason, again } = await failed(send({ port, ...account }, { ca: [] }));
    assert.deepEqual([reason, again, mails.length], ['tls', true, 0]);
  });

  test('is refused for good where the server does not know the account', async () => {
    const { port } = await start();
    const { reason, again, status } = await failed(send({ port, user: 'user', password: 'another-password' }));
    assert.deepEqual([reason, again, status], ['refused', false, 535]);
  });

  test('is tried again after 4yz and not after 5yz', async () => {
    for (const [responseCode, again] of [
      [451, true],
      [550, false],
    ] as const) {
      const { port } = await start({
        onRcptTo: (_address, _session, done) => done(Object.assign(new Error('not now'), { responseCode })),
      });
      const failure = await failed(send({ port }));
      assert.deepEqual([failure.status, failure.again], [responseCode, again]);
    }
  });

  test('says whom the server did not take', async () => {
    const { port, mails } = await start({
      onRcptTo: ({ address }, _session, done) =>
        done(address.startsWith('b@') ? Object.assign(new Error('who'), { responseCode: 550 }) : null),
    });
    assert.match((await send({ port })).text, /\(not for b@example\.com\)/);
    assert.deepEqual(mails[0]?.to, ['a@example.com']);
  });

  test('does not wait for a server that says nothing', async () => {
    const { port, close } = await startSilence();
    closing.push(close);
    const startedAt = performance.now();
    const { reason, again } = await failed(send({ port }, { timeoutMs: 400 }));
    assert.deepEqual([reason, again], ['timeout', true]);
    assert.ok(performance.now() - startedAt < 2_000);
  });

  test('goes to no server inside unless that is allowed', async () => {
    const { port, mails } = await start();
    const { reason, again } = await failed(send({ port }, { policy: strictPolicy }));
    assert.deepEqual([reason, again, mails.length], ['forbidden_address', false, 0]);
  });
});
