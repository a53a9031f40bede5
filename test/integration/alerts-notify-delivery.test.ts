import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Alert } from '../../services/alerts/notify/alert.js';
import { someAlert } from '../support/alerting.js';
import { createNotifyWorld, type NotifyWorld, type OpenNotifications, until, webhookTo } from '../support/notifying.js';
import { type Answering, type Receiver, startReceiver, startSilence } from '../support/receiving.js';
import { uniqueName } from '../support/stack.js';

describe('delivery of alerts', () => {
  let world: NotifyWorld;
  let main: OpenNotifications;
  const receivers: Receiver[] = [];
  before(async () => {
    world = await createNotifyWorld();
    main = world.open();
    main.start();
  });
  after(async () => {
    await world?.remove();
    for (const { close } of receivers) await close();
  });

  const receiver = async (answer?: Answering) => {
    const started = await startReceiver(answer);
    receivers.push(started);
    return started;
  };
  const alertOf = (name: string, change: Parameters<typeof someAlert>[0] = {}): Alert =>
    someAlert({ fingerprint: name, group: { ip: name }, changed_at: new Date().toISOString(), ...change });
  const hook = async (url: string, change: object = {}, organization = 'acme') =>
    (await main.channels.create(organization, webhookTo(url, change), 'test')).id;
  const tell = (channelId: string, alert: Alert, occasion: string = alert.state) =>
    main.notify([{ alert, channelIds: [channelId], occasion }]);
  const namesOf = (body: string): string[] => (JSON.parse(body).alerts as Alert[]).map(({ group }) => group.ip!);
  const failing: Answering = (_request, response) => void response.writeHead(500).end('broken');

  test('reaches the receiver, signed so that he can check it', async () => {
    const { url, arrived } = await receiver();
    const alert = alertOf('first');
    assert.deepEqual(await tell(await hook(url), alert), { queued: 1, known: 0, full: 0, refused: [] });
    const [{ headers, body }] = (await arrived(1)) as [Receiver['received'][number]];
    const timestamp = headers['sealstream-timestamp'] as string;
    assert.ok(Math.abs(Date.now() / 1_000 - Number(timestamp)) < 10);
    const expected = createHmac('sha256', 'a-secret-of-the-receiver').update(`${timestamp}.${body}`).digest('hex');
    assert.equal(headers['sealstream-signature'], `v1=${expected}`);
    const said = JSON.parse(body);
    assert.deepEqual(said.alerts, [alert]);
    assert.equal(said.delivery_id, headers['sealstream-delivery']);
    await until(() => main.outcomes.some(({ deliveryId }) => deliveryId === said.delivery_id), 'the outcome is told');
    assert.deepEqual(main.outcomes.find(({ deliveryId }) => deliveryId === said.delivery_id)?.alertIds, [alert.id]);
    assert.ok((await main.metric('notify_messages_sent_total', { kind: 'webhook' })) >= 1);
    assert.ok((await main.metric('notify_seconds', { kind: 'webhook' })) > 0);
  });

  test('told twice is sent once, and another occasion is another message', async () => {
    const { url, arrived, received } = await receiver();
    const channelId = await hook(url);
    const alert = alertOf('again');
    await tell(channelId, alert);
    assert.deepEqual(await tell(channelId, alert), { queued: 0, known: 1, full: 0, refused: [] });
    await tell(channelId, { ...alert, state: 'resolved' });
    await arrived(2);
    await sleep(200);
    assert.deepEqual(
      received.map(({ body }) => JSON.parse(body).alerts[0].state),
      ['firing', 'resolved'],
    );
  });

  test('is tried again with the same delivery id and body, not before the receiver said', async () => {
    const { url, arrived } = await receiver((_request, response, nth) => {
      if (nth === 1) response.writeHead(429, { 'retry-after': '1' }).end('slow down');
      else if (nth === 2) response.writeHead(503).end();
      else response.end('ok');
    });
    await tell(await hook(url), alertOf('retried'));
    const attempts = await arrived(3);
    const ids = new Set(attempts.map(({ headers }) => headers['sealstream-delivery']));
    assert.deepEqual([ids.size, new Set(attempts.map(({ body }) => body)).size], [1, 1]);
    assert.ok(attempts[1]!.atMs - attempts[0]!.atMs >= 990, `${attempts[1]!.atMs - attempts[0]!.atMs} ms`);
    await until(async () => (await main.metric('notify_queue_length', { kind: 'webhook' })) === 0, 'nothing waits');
  });

  test('to a channel that hangs delays no other', async () => {
    const silence = await startSilence();
    const { url, arrived } = await receiver();
    const [hanging, quick] = [await hook(`http://127.0.0.1:${silence.port}/`), await hook(url)];
    for (let nth = 0; nth < 20; nth += 1) await tell(hanging, alertOf(`hanging${nth}`));
    await until(() => silence.connections() > 0, 'the hanging receiver is connected');
    const startedAt = Date.now();
    for (let nth = 0; nth < 5; nth += 1) await tell(quick, alertOf(`quick${nth}`));
    await arrived(5, 2_000);
    assert.ok(Date.now() - startedAt < 1_000, `${Date.now() - startedAt} ms`);
    await main.channels.remove('acme', hanging, 'test');
    await silence.close();
  });

  test('of one message that fails keeps nothing else waiting but news of the same alert', async () => {
    const { url, received } = await receiver((_request, response, _nth, body) => {
      if (namesOf(body)[0] === 'poison' && received.length < 6) response.writeHead(500).end();
      else response.end();
    });
    const channelId = await hook(url);
    await tell(channelId, alertOf('poison'));
    await tell(channelId, alertOf('poison', { state: 'resolved' }));
    await tell(channelId, alertOf('fine'));
    const states = (): string[] =>
      received.map(({ body }) => `${namesOf(body)[0]} ${JSON.parse(body).alerts[0].state}`);
    await until(() => states().includes('poison resolved'), 'the resolved one arrives');
    assert.ok(states().indexOf('fine firing') < states().lastIndexOf('poison firing'), states().join(', '));
    assert.equal(states().at(-1), 'poison resolved');
  });

  test('that fails for good is a dead letter, which can be delivered again under its id', async () => {
    let mended = false;
    const { url, arrived, received } = await receiver((_request, response) => {
      if (mended) response.end('ok');
      else response.writeHead(410).end(`gone: /hook?token=very-secret-token`);
    });
    const organization = uniqueName('org');
    const channelId = await hook(`${url}?token=very-secret-token`, {}, organization);
    await tell(channelId, alertOf('lost', { organization_id: organization }));
    const letters = async () => (await main.deadLetters(organization)).dead_letters;
    await until(async () => (await letters()).length === 1, 'there is a dead letter');
    const [letter] = await letters();
    assert.deepEqual([letter?.reason, letter?.status, letter?.attempts, letter?.alerts], ['refused', 410, 1, 1]);
    assert.equal(letter?.answer, 'answered 410: gone: •••');
    assert.equal(received.length, 1);
    assert.deepEqual((await main.deadLetters('acme', { channelId })).dead_letters, []);
    await assert.rejects(main.redeliver('acme', letter!.delivery_id, 'test'), { code: 'dead_letter_unknown' });

    mended = true;
    await main.redeliver(organization, letter!.delivery_id, 'test');
    const [first, second] = await arrived(2);
    assert.equal(second?.headers['sealstream-delivery'], first?.headers['sealstream-delivery']);
    assert.equal(second?.body, first?.body);
    assert.notEqual((await letters())[0]?.redelivered_at, null);
    await assert.rejects(main.redeliver(organization, letter!.delivery_id, 'test'), { code: 'channel_conflict' });
    assert.ok((await main.metric('notify_dead_letters_total', { reason: 'refused' })) >= 1);
  });

  test('is given up after the last attempt, and dies again when that is said', async () => {
    const few = world.open({ limits: { attempts: 3 } });
    await main.stop();
    few.start();
    try {
      const { url, received } = await receiver(failing);
      const organization = uniqueName('org');
      const channelId = await hook(url, {}, organization);
      await tell(channelId, alertOf('hopeless', { organization_id: organization }));
      const letter = async () => (await few.deadLetters(organization)).dead_letters[0];
      await until(async () => (await letter()) !== undefined, 'it dies');
      assert.deepEqual(
        [received.length, (await letter())?.attempts, (await letter())?.reason],
        [3, 3, 'receiver_failed'],
      );
      await few.redeliver(organization, (await letter())!.delivery_id, 'test');
      await until(() => received.length === 6, 'it was tried again');
      await until(async () => (await letter())?.redelivered_at === null, 'it died again');
    } finally {
      await few.stop();
      main = world.open();
      main.start();
    }
  });

  test('of a storm takes few messages, which tell how many more there are', async () => {
    const { url, received } = await receiver();
    const { id } = await main.channels.create(
      'acme',
      { name: uniqueName('slack'), kind: 'slack', settings: { url }, messages_per_minute: 60 },
      'test',
    );
    const alerts = Array.from({ length: 400 }, (_, nth) =>
      alertOf(`storm${nth}`, { rule: { level: nth === 333 ? 'critical' : 'low' } }),
    );
    const { queued } = await main.notify(alerts.map((alert) => ({ alert, channelIds: [id], occasion: 'firing' })));
    assert.equal(queued, 400);
    const titles = () => received.map(({ body }) => JSON.parse(body).text as string);
    const told = () => titles().reduce((sum, title) => sum + Number(/^(\d+) alerts/.exec(title)?.[1] ?? 1), 0);
    await until(() => told() >= 400, 'all are told of');
    assert.equal(told(), 400);
    assert.ok(received.length <= 8, `${received.length} messages`);
    const group = JSON.parse(
      received.find(
        ({ body }) => JSON.parse(body).text.startsWith('400') || /^\d{3} alerts/.test(JSON.parse(body).text),
      )!.body,
    );
    assert.match(group.text, /the worst critical$/);
    assert.match(group.blocks[1].text.text, /and \d+ more$/);
  });

  test('of a channel that groups waits for others, and shares a message only with those of the same group', async () => {
    const { url, received } = await receiver();
    const channelId = await hook(url, { group_seconds: 1, group_by: ['rule.id'] });
    const begun = Date.now();
    const say = (name: string, id: string) =>
      main.notify([{ alert: alertOf(name, { rule: { id } }), channelIds: [channelId], occasion: 'firing' }]);
    for (const [name, id] of [
      ['g1', 'one'],
      ['g2', 'two'],
      ['g3', 'one'],
      ['g4', 'two'],
      ['g5', 'one'],
    ] as const) {
      await say(name, id);
    }
    assert.equal(received.length, 0);
    await until(() => received.length === 2, 'both groups arrive');
    assert.ok(Date.now() - begun >= 1_000);
    assert.deepEqual(received.map(({ body }) => namesOf(body).join(' ')).sort(), ['g1 g3 g5', 'g2 g4']);
  });

  test('to a webhook tells of every alert of a storm in full and in order', async () => {
    const { url, received } = await receiver();
    const channelId = await hook(url, { messages_per_minute: 120 });
    const names = Array.from({ length: 130 }, (_, nth) => `each${nth}`);
    await main.notify(names.map((name) => ({ alert: alertOf(name), channelIds: [channelId], occasion: 'firing' })));
    await until(() => received.flatMap(({ body }) => namesOf(body)).length >= 130, 'all arrive');
    assert.deepEqual(
      received.flatMap(({ body }) => namesOf(body)),
      names,
    );
    assert.ok(received.length <= 10, `${received.length} messages`);
  });

  test('that has no room is a dead letter at once', async () => {
    const small = world.open({ limits: { queued: 5 } });
    const organization = uniqueName('org');
    const { url } = await receiver();
    const channelId = await hook(url, {}, organization);
    const alerts = Array.from({ length: 8 }, (_, nth) => alertOf(`crowd${nth}`, { organization_id: organization }));
    const requests = alerts.map((alert) => ({ alert, channelIds: [channelId], occasion: 'firing' }));
    // Nobody delivers meanwhile.
    await main.stop();
    const result = await small.notify(requests);
    assert.deepEqual([result.queued, result.full], [5, 3]);
    assert.deepEqual([(await small.notify(requests)).known], [8]);
    const { dead_letters, next_cursor } = await small.deadLetters(organization, { limit: 2 });
    assert.deepEqual([dead_letters.length, dead_letters[0]?.reason], [2, 'queue_full']);
    const rest = await small.deadLetters(organization, { limit: 2, cursor: next_cursor! });
    assert.deepEqual([rest.dead_letters.length, rest.next_cursor], [1, null]);
    await assert.rejects(small.deadLetters(organization, { cursor: 'x' }), { code: 'channel_invalid' });
    main = world.open();
    main.start();
  });

  test('is for nobody else: an organization’s channel hears of its own alerts, the deployment’s of all', async () => {
    const { url, received, arrived } = await receiver();
    const [acmes, deployments] = [await hook(url), await hook(url, {}, '')];
    const alert = alertOf('others', { organization_id: 'other' });
    const result = await main.notify([{ alert, channelIds: [acmes, deployments, randomUUID()], occasion: 'firing' }]);
    assert.equal(result.queued, 1);
    assert.deepEqual(
      result.refused.map(({ why }) => why),
      ['other_organization', 'unknown'],
    );
    await arrived(1);
    assert.equal(received.length, 1);
  });

  test('to a channel that is switched off or removed goes to the dead letters', async () => {
    const organization = uniqueName('org');
    const { url } = await receiver(failing);
    const off = webhookTo(url);
    const [{ id: first }, { id: second }] = [
      await main.channels.create(organization, off, 'test'),
      await main.channels.create(organization, webhookTo(url), 'test'),
    ];
    for (const channelId of [first, second])
      await tell(channelId, alertOf(`off${channelId}`, { organization_id: organization }));
    await main.channels.update(organization, first, { ...off, enabled: false }, 'test');
    await main.channels.remove(organization, second, 'test');
    const reasons = async () => (await main.deadLetters(organization)).dead_letters.map(({ reason }) => reason).sort();
    await until(async () => (await reasons()).length === 2, 'both are dead letters');
    assert.deepEqual(await reasons(), ['channel_disabled', 'channel_removed']);
    assert.deepEqual(
      (await tell(first, alertOf('later', { organization_id: organization }))).refused[0]?.why,
      'disabled',
    );
  });

  test('of a test says so, and shows the head of the answer without secrets', async () => {
    const { url, received } = await receiver(
      (request, response) => void response.end(`took ${request.url} ${'x'.repeat(500)}`),
    );
    const channelId = await hook(`${url}/with-a-token-1234`);
    const result = await main.test('acme', channelId);
    assert.deepEqual([result.ok, result.status], [true, 200]);
    assert.match(result.answer, /^took ••• x+…$/);
    assert.equal(Array.from(result.answer).length, 200);
    assert.equal(JSON.parse(received[0]!.body).test, true);
    await assert.rejects(main.test('other', channelId), { code: 'channel_unknown' });

    const { url: moved } = await receiver(
      (_request, response) => void response.writeHead(302, { location: url }).end(),
    );
    const redirected = await main.test('acme', await hook(moved));
    assert.deepEqual([redirected.ok, redirected.status, redirected.reason], [false, 302, 'redirected']);
    assert.equal(received.length, 1);
    const inside = await main.channels.create('acme', webhookTo('http://localhost.:1/'), 'test');
    assert.equal((await main.test('acme', inside.id)).ok, false);
  });
});
