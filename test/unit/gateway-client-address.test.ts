import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { clientAddress, readTrustedProxies } from '../../services/gateway/http/client-address.js';

describe('the address of a client', () => {
  let requests: IncomingMessage[];
  const server = createServer((request, response) => {
    requests.push(request);
    response.end();
  });
  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => server.close());

  const addressFrom = async (forwarded: string | undefined, trusted: string | undefined): Promise<string> => {
    requests = [];
    const headers = forwarded === undefined ? {} : { 'X-Forwarded-For': forwarded };
    const [response] = await once(get({ port: (server.address() as AddressInfo).port, headers }), 'response');
    response.resume();
    return clientAddress(requests[0]!, trusted === undefined ? undefined : readTrustedProxies('PROXIES', trusted));
  };

  test('is the connection’s, whatever the request says, where no proxy is trusted', async () => {
    assert.equal(await addressFrom('203.0.113.7', undefined), '127.0.0.1');
    assert.equal(await addressFrom('203.0.113.7', '192.0.2.0/24'), '127.0.0.1');
  });

  test('is the nearest one that is no trusted proxy: what stands before it anybody can have written', async () => {
    assert.equal(await addressFrom('203.0.113.7', '127.0.0.1'), '203.0.113.7');
    assert.equal(await addressFrom('198.51.100.1, 203.0.113.7, 10.1.2.3', '127.0.0.0/8, 10.0.0.0/8'), '203.0.113.7');
    assert.equal(await addressFrom('2001:db8::7', '127.0.0.1,fd00::/8'), '2001:db8::7');
    assert.equal(await addressFrom(undefined, '127.0.0.1'), '127.0.0.1');
  });

  for (const text of ['proxy.example', '10.0.0.0/33', '10.0.0.0/8/8', 'fd00::/129', '10.0.0/8']) {
    test(`refuses ${text} by the variable’s name`, () => {
      assert.throws(() => readTrustedProxies('PROXIES', `127.0.0.1, ${text}`), /PROXIES: .* is neither/);
    });
  }
});
