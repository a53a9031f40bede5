import assert from 'node:assert/strict';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, describe, test } from 'node:test';
import { readTargetPolicy } from '../../services/alerts/notify/config.js';
import { createDial } from '../../services/alerts/notify/target/dial.js';
import { SendFailure } from '../../services/alerts/notify/target/failure.js';
import { createTargetGuard, strictPolicy, type TargetPolicy } from '../../services/alerts/notify/target/guard.js';
import { createPost } from '../../services/alerts/notify/target/post.js';
import { readBlocks, specialAddress } from '../../services/alerts/notify/target/ranges.js';
import { type Resolve, resolveHost } from '../../services/alerts/notify/target/resolve.js';
import { retryAfterMs } from '../../services/alerts/notify/target/retry-after.js';
import { certificate, certificateKey } from '../support/certificate.js';
import { startReceiver, startSilence } from '../support/receiving.js';

describe('an address', () => {
  const special = [
    '0.0.0.0', '10.0.0.1', '10.255.255.255', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.255.255.254',
    '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.1', '192.0.2.1', '192.168.1.1', '198.18.0.1', '198.19.255.255',
    '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', '168.63.129.16',
    '::', '::1', '::7f00:1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:a9fe:a9fe', '64:ff9b::127.0.0.1', '64:ff9b::a00:1',
    '64:ff9b:1::8.8.8.8', '100::1', '2001::1', '2001:db8::1', '2002:7f00:1::', 'fc00::1', 'fd00:ec2::254', 'fe80::1', 'fe80::1%lo',
    'fec0::1', 'ff02::1', '4000::1', 'localhost', '',
  ]; // biome-ignore format: a table
  for (const address of special) {
    test(`${address || '(none)'} is none of the public Internet`, () => assert.ok(specialAddress(address)));
  }
  for (const address of [
    '8.8.8.8',
    '1.1.1.1',
    '100.63.255.255',
    '100.128.0.1',
    '172.32.0.1',
    '2606:4700::1',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
    '2a00:1450:4001::1',
  ]) {
    test(`${address} is public`, () => assert.equal(specialAddress(address), undefined));
  }

  test('that is allowed by configuration may be connected to, except where clouds keep credentials', () => {
    const guard = createTargetGuard({
      allowedBlocks: ['10.1.0.0/16', 'fd00::/8', '169.254.0.0/16', '127.0.0.1'],
      allowHttp: false,
    });
    assert.equal(guard.refusesAddress('10.1.2.3'), undefined);
    assert.equal(guard.refusesAddress('::ffff:10.1.2.3'), undefined);
    assert.equal(guard.refusesAddress('fd12::1'), undefined);
    assert.equal(guard.refusesAddress('127.0.0.1'), undefined);
    assert.match(guard.refusesAddress('10.2.0.1')!, /10\.2\.0\.1 is no address that may be connected to \(private\)/);
    assert.match(guard.refusesAddress('169.254.169.254')!, /metadata/);
    assert.match(guard.refusesAddress('::ffff:169.254.169.254')!, /metadata/);
    assert.match(guard.refusesAddress('fd00:ec2::254')!, /metadata/);
  });

  test('in the list of those allowed is read exactly', () => {
    for (const block of ['10.0.0.0/33', 'x', '10.0.0/8', '', 'fd00::/129', '10.0.0.0/']) {
      assert.throws(() => readBlocks([block]), RangeError, block);
    }
  });
});

describe('a URL', () => {
  const guard = createTargetGuard(strictPolicy);
  const refused: [string, RegExp][] = [
    ['http://example.com/', /must begin with https/],
    ['file:///etc/passwd', /must begin with https/],
    ['https://user:pw@example.com/', /user or password/],
    ['https://127.0.0.1/', /loopback/],
    ['https://2130706433/', /loopback/],
    ['https://0x7f.1/', /loopback/],
    ['https://0177.0.0.1/', /loopback/],
    ['https://[::1]/', /loopback/],
    ['https://[::ffff:7f00:1]:8443/x', /loopback/],
    ['https://169.254.169.254/latest/meta-data/', /metadata/],
  ];
  for (const [url, why] of refused) {
    test(`${url} is refused when it is saved`, () => assert.match(guard.refusesUrl(new URL(url)) ?? '', why));
  }
  test('by name is not looked up when it is saved', () => {
    assert.equal(guard.refusesUrl(new URL('https://localhost/')), undefined);
  });
});

describe('a request', () => {
  const closing: (() => Promise<void>)[] = [];
  after(async () => {
    for (const close of closing) await close();
  });
  const loopback: TargetPolicy = { allowedBlocks: ['127.0.0.1/32'], allowHttp: true };
  const poster = ({
    policy = loopback,
    resolve = resolveHost,
    timeoutMs = 2_000,
    ca,
  }: {
    policy?: TargetPolicy;
    resolve?: Resolve;
    timeoutMs?: number;
    ca?: string[];
  } = {}) => {
    const dial = createDial({ guard: createTargetGuard(policy), resolve, connectTimeoutMs: 1_000 });
    const post = createPost({ dial, timeoutMs, ...(ca ? { ca } : {}) });
    return (url: string, body = '{}') =>
      post({
        url: new URL(url),
        headers: { 'content-type': 'application/json' },
        body,
        signal: new AbortController().signal,
      });
  };
  const receiver = async (answer?: Parameters<typeof startReceiver>[0]) => {
    const started = await startReceiver(answer);
    closing.push(() => started.close());
    return started;
  };
  const failed = async (asked: Promise<unknown>): Promise<SendFailure> => {
    const error = await asked.then(
      () => assert.fail('it was taken'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof SendFailure, String(error));
    return error;
  };

  test('gives what the receiver answered', async () => {
    const { url, received, port } = await receiver();
    assert.deepEqual(await poster()(url, '{"a":"é"}'), { status: 200, text: 'ok' });
    assert.equal(received[0]?.body, '{"a":"é"}');
    assert.equal(received[0]?.headers.host, `127.0.0.1:${port}`);
  });

  test('to a name that leads inside is refused when it connects', async () => {
    const { port, received } = await receiver();
    const { reason, again, message } = await failed(
      poster({ policy: { ...strictPolicy, allowHttp: true } })(`http://localhost:${port}/`),
    );
    assert.deepEqual([reason, again], ['forbidden_address', false]);
    assert.match(message, /127\.0\.0\.1 is no address that may be connected to \(loopback\)/);
    assert.equal(received.length, 0);
  });

  test('connects to the address that was checked, though the name says another a moment later', async () => {
    const { port, received } = await receiver();
    let asked = 0;
    const rebinding: Resolve = async () => {
      asked += 1;
      return [asked === 1 ? '127.0.0.1' : '169.254.169.254'];
    };
    const post = poster({ resolve: rebinding });
    assert.equal((await post(`http://rebind.example:${port}/`)).status, 200);
    assert.deepEqual([asked, received.length], [1, 1]);
    assert.equal(received[0]?.headers.host, `rebind.example:${port}`);
    const { reason } = await failed(post(`http://rebind.example:${port}/`));
    assert.deepEqual([reason, received.length], ['forbidden_address', 1]);
  });

  test('believes no receiver without a certificate of its name', async () => {
    const server = createHttpsServer(
      { cert: certificate, key: certificateKey },
      (_request, response) => void response.end('ok'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(async () => void server.close());
    const { port } = server.address() as AddressInfo;
    const known = poster({ ca: [certificate] });
    const stranger = await failed(poster()(`https://localhost:${port}/`));
    assert.deepEqual([stranger.reason, stranger.again], ['tls', true]);
    assert.equal((await known(`https://localhost:${port}/`)).status, 200);
    assert.equal((await known(`https://127.0.0.1:${port}/`)).status, 200);
    const elsewhere = poster({ ca: [certificate], resolve: async () => ['127.0.0.1'] });
    assert.equal((await failed(elsewhere(`https://other.example:${port}/`))).reason, 'tls');
  });

  test('of several addresses uses those that may be used', async () => {
    const { port } = await receiver();
    const mixed: Resolve = async () => ['10.0.0.1', '127.0.0.1', '::1'];
    assert.equal((await poster({ resolve: mixed })(`http://mixed.example:${port}/`)).status, 200);
  });

  test('does not follow a redirect', async () => {
    const inner = await receiver();
    const outer = await receiver(
      (_request, response) => void response.writeHead(302, { location: inner.url }).end('moved'),
    );
    const { reason, again, status } = await failed(poster()(outer.url));
    assert.deepEqual([reason, again, status, inner.received.length], ['redirected', false, 302, 0]);
  });

  test('says what may succeed later, and when', async () => {
    const statuses: [number, string | undefined, string, boolean, number | undefined][] = [
      [400, undefined, 'refused', false, undefined],
      [401, undefined, 'refused', false, undefined],
      [404, '5', 'refused', false, undefined],
      [408, undefined, 'limited', true, undefined],
      [429, '7', 'limited', true, 7_000],
      [500, undefined, 'receiver_failed', true, undefined],
      [503, '2', 'receiver_failed', true, 2_000],
    ];
    for (const [status, retryAfter, reason, again, afterMs] of statuses) {
      const { url } = await receiver(
        (_request, response) =>
          void response.writeHead(status, retryAfter ? { 'retry-after': retryAfter } : {}).end('because'),
      );
      const failure = await failed(poster()(url));
      assert.deepEqual(
        [failure.status, failure.reason, failure.again, failure.afterMs],
        [status, reason, again, afterMs],
      );
      assert.match(failure.message, new RegExp(`answered ${status}: because`));
    }
  });

  test('gives up a receiver that never answers, or never ends its answer', async () => {
    const silence = await startSilence();
    closing.push(silence.close);
    const startedAt = performance.now();
    const { reason, again } = await failed(poster({ timeoutMs: 300 })(`http://127.0.0.1:${silence.port}/`));
    assert.deepEqual([reason, again], ['timeout', true]);
    assert.ok(performance.now() - startedAt < 1_500);

    const drip = await receiver((_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    });
    const { status, text } = await poster({ timeoutMs: 300 })(drip.url);
    assert.equal(status, 200);
    assert.match(text, /^x+$/);
  });

  test('reads no more of an answer than its head', async () => {
    const flood = await receiver((_request, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write('y'.repeat(65_536)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    assert.equal((await poster()(flood.url)).text.length, 4_096);
  });

  test('waits for no server of names', async () => {
    const hanging: Resolve = () => new Promise(() => {});
    const startedAt = performance.now();
    const { reason } = await failed(poster({ resolve: hanging })('http://hanging.example/'));
    assert.equal(reason, 'timeout');
    assert.ok(performance.now() - startedAt < 2_500);
  });

  test('to nobody says so', async () => {
    const { port, close } = await startSilence();
    await close();
    const { reason, again } = await failed(poster()(`http://127.0.0.1:${port}/`));
    assert.deepEqual([reason, again], ['connection', true]);
    const unknown: Resolve = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    assert.equal((await failed(poster({ resolve: unknown })('http://nowhere.example/'))).reason, 'dns');
  });
});

test('Retry-After is read as seconds or as a date, and nothing waits for more than an hour', () => {
  const nowMs = Date.UTC(2026, 10, 20, 10, 0, 0);
  assert.equal(retryAfterMs('30', nowMs), 30_000);
  assert.equal(retryAfterMs('Fri, 20 Nov 2026 10:01:00 GMT', nowMs), 60_000);
  assert.equal(retryAfterMs('Fri, 20 Nov 2026 09:00:00 GMT', nowMs), 0);
  assert.equal(retryAfterMs('99999999', nowMs), 3_600_000);
  for (const none of [undefined, '', '-1', 'soon', '1.5', '1e9'])
    assert.equal(retryAfterMs(none, nowMs), undefined, none);
});

test('the deployment says what its channels may connect to, or is told what is wrong with it', () => {
  assert.deepEqual(readTargetPolicy({}), strictPolicy);
  const inside = { SEALSTREAM_ALERT_TARGETS: '10.1.0.0/16, fd00:1::/32', SEALSTREAM_ALERT_HTTP: 'yes' };
  assert.deepEqual(readTargetPolicy(inside), { allowedBlocks: ['10.1.0.0/16', 'fd00:1::/32'], allowHttp: true });
  assert.throws(
    () => readTargetPolicy({ SEALSTREAM_ALERT_TARGETS: '10.1.0.0/40' }),
    /SEALSTREAM_ALERT_TARGETS: '10\.1\.0\.0\/40' is no address/,
  );
  assert.throws(
    () => readTargetPolicy({ SEALSTREAM_ALERT_HTTP: '1' }),
    /SEALSTREAM_ALERT_HTTP=1 is neither yes nor no/,
  );
});
