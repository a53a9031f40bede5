import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createBrowser } from '../support/browser.js';
import {
  type AnyFields,
  acceptedOf,
  createGatewayWorld,
  type GatewayWorld,
  judgeTopic,
  startTestGateway,
  type TestGateway,
} from '../support/gateway.js';
import { startOpenIdProvider } from '../support/openid.js';

const publicUrl = new URL('http://audit.test');
const form = { 'content-type': 'application/x-www-form-urlencoded', origin: publicUrl.origin };

describe('events about callers', () => {
  let world: GatewayWorld;
  let gateway: TestGateway;
  let provider: Awaited<ReturnType<typeof startOpenIdProvider>>;
  let events: AnyFields[];

  /** Each way in asks for something of its own name, by which its event is found. */
  before(async () => {
    const callback = `${publicUrl.origin}/api/session/oidc/callback`;
    const claims = { email: 'ann@acme.example', organizations: ['acme'], permissions: ['view:audit_logs'] };
    provider = await startOpenIdProvider(() => claims, callback);
    world = await createGatewayWorld({ partitions: 1, accessLog: 'system' });
    const signIn = { publicUrl, oidc: provider.config };
    gateway = await startTestGateway({ ...world, config: { ...world.config, signIn } });
    const look = async (way: string, by: ReturnType<typeof createBrowser> | string): Promise<void> => {
      const path = `/api/audit?actor=${way}`;
      const { status } = await (typeof by === 'string' ? gateway.call('GET', path, { key: by }) : by.call('GET', path));
      assert.equal(status, 200, way);
    };
    const opened = async (url: string) => {
      const browser = createBrowser(gateway);
      const { status } = await browser.call('POST', url.slice(publicUrl.origin.length), { headers: form });
      assert.equal(status, 303);
      return browser;
    };

    await look('key', world.adminKey);
    await look('token', await provider.accessToken());
    const browser = createBrowser(gateway);
    await browser.signIn(world.adminKey);
    await look('session', browser);
    const link = await gateway.call('POST', '/api/session/link');
    await look('link', await opened(link.body.url));
    const expires_at = new Date(Date.now() + 3_600_000).toISOString();
    const body = { organization_id: 'acme', name: 'Big Four', expires_at };
    const auditor = await gateway.call('POST', '/api/session/auditor-links', { body });
    await look('auditor', await opened(auditor.body.url));
    await gateway.stop();
    events = acceptedOf(await judgeTopic(world));
  });
  after(async () => {
    await world?.remove();
    await provider?.stop();
  });

  const cameIn = ({ auth_method, actor }: AnyFields): unknown[] => [auth_method, actor.type, actor.name];

  test('say by what the caller proved who it is', () => {
    const searches = events.filter(({ action }) => action === 'audit.searched');
    const ways = Object.fromEntries(searches.map((event) => [event.details.filter.actor, cameIn(event)]));
    assert.deepEqual(ways, {
      key: ['api_token', 'api_token', 'administrator'],
      token: ['oidc', 'oidc', 'ann@acme.example'],
      session: ['session', 'api_token', 'administrator'],
      link: ['one_time_link', 'api_token', 'administrator'],
      auditor: ['auditor_link', 'user', 'Big Four'],
    });
  });

  test('say of a session that begins by what it began, and whose it is', () => {
    const begun = events.filter(({ action }) => action === 'session.created');
    assert.deepEqual(
      begun.map((event) => [event.details.by, ...cameIn(event).slice(0, 2), event.target.type]),
      [
        ['api_key', 'api_token', 'api_token', 'api_key'],
        ['link', 'one_time_link', 'api_token', 'api_key'],
        ['auditor_link', 'auditor_link', 'user', 'auditor_link'],
      ],
    );
  });
});
