import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { expandSalts, partDigest } from '../../services/core/seal/index.js';
import { createErasingWorld, type ErasingWorld, filesHolding } from '../support/erasing.js';
import type { AnyFields } from '../support/gateway.js';
import { startConsumerOf } from '../support/gateway-consumer.js';
import { eventParts, newKey, testProducer } from '../support/judging.js';

const columns = ['actor_name', 'actor_email', 'target_name', 'ip_bytes', 'session_id', 'message', 'path', 'details'];

const event = (person: string, more: AnyFields = {}): AnyFields => ({
  organization_id: 'acme',
  action: 'member.invited',
  actor: { type: 'user', id: `usr_${person}`, name: `Name of ${person}`, email: `${person}@example.org` },
  target: { type: 'member', id: 'usr_target', name: 'The target' },
  ip: '10.1.2.3',
  user_agent: `agent of ${person}`,
  session_id: `session of ${person}`,
  message: `${person} invited somebody`,
  details: { note: `details of ${person}` },
  ...more,
});

/** One that is `right`, which one of 256 is. */
function until<T>(make: () => T, right: (made: T) => boolean): T {
  for (let tries = 0; tries < 10_000; tries += 1) {
    const made = make();
    if (right(made)) return made;
  }
  throw new Error('not one in 10,000');
}

describe('an erasure', () => {
  let world: ErasingWorld;
  let ids: string[];
  before(async () => {
    world = await createErasingWorld();
    // So that what a column holds stands in its file as it is.
    for (const name of columns) {
      await world.clickhouse.command({ query: `ALTER TABLE events MODIFY COLUMN ${name} String CODEC(NONE)` });
    }
    await world.clickhouse.command({
      query: 'ALTER TABLE events MODIFY COLUMN user_agent LowCardinality(String) CODEC(NONE)',
    });
    ids = await world.publish([event('ada'), event('bob'), event('ada', { organization_id: 'other' }), event('carl')]);
  });
  after(() => world.close());

  const read = async (id: string): Promise<AnyFields> => (await world.gateway.call('GET', `/api/audit/${id}`)).body;
  const folders = async (): Promise<string[]> =>
    (
      await world.rows<{ path: string }>(
        `SELECT arrayJoin(data_paths) AS path FROM system.tables WHERE database = currentDatabase() AND engine != 'View'`,
      )
    ).map(({ path }) => path);
  const holding = async (...texts: string[]): Promise<string[]> =>
    (await folders()).flatMap((folder) => filesHolding(folder, texts));

  test('is first tried: how many events, and until when Kafka keeps them', async () => {
    const { status, body } = await world.gateway.call('POST', '/api/erasures', {
      body: { subject: { email: 'ADA@example.org' }, parts: 'both', legal_basis: 'GDPR Art. 17', dry_run: true },
    });
    assert.equal(status, 200);
    assert.equal(body.events, 2);
    assert.equal(body.raw_topic.retention_seconds, 604_800);
    const daysLeft = (Date.parse(body.raw_topic.gone_by) - Date.now()) / 86_400_000;
    assert.ok(daysLeft > 7 && daysLeft < 9, `${daysLeft}`);
    assert.deepEqual((await world.rows('SELECT * FROM erasures')).length, 0);
    assert.equal((await read(ids[0]!)).actor.email, 'ada@example.org');
  });

  test('takes the part out of every event of the subject and of no other, and all of them still verify', async () => {
    assert.notDeepEqual(await holding('ada@example.org'), [], 'the search finds what is there');
    const id = await world.erase({ subject: { email: 'ada@example.org' }, organization: 'acme' });
    const done = await world.until(id);
    assert.deepEqual(done.progress, {
      events: 1,
      parts: 1,
      records: 1,
      quarantined_records: 0,
      alerts: 0,
      unreadable: 0,
    });
    const erased = await read(ids[0]!);
    assert.deepEqual(erased.erased, ['identity']);
    assert.deepEqual(erased.actor, { type: 'user', id: 'usr_ada' });
    assert.deepEqual(erased.target, { type: 'member', id: 'usr_target' });
    for (const field of ['ip', 'user_agent', 'session_id']) assert.equal(erased[field], undefined, field);
    assert.equal(erased.message, 'ada invited somebody');
    const verdict = await world.verdict(ids[0]!);
    assert.equal(verdict.verified, true, verdict.message);
    assert.match(verdict.message, /identity was erased/);
    assert.deepEqual(verdict.checks.signature.erased.parts, ['identity']);
    for (const other of ids.slice(1)) {
      assert.equal((await read(other)).erased, undefined);
      const { verified, message } = await world.verdict(other);
      assert.equal(verified, true, message);
    }
    assert.equal((await read(ids[2]!)).actor.email, 'ada@example.org', 'another organization was not asked for');
  });

  test('leaves nothing of it in any file of any table, and of alerts their ids and counts', async () => {
    await world.clickhouse.command({
      query: `INSERT INTO alert_findings (organization_id, id, version, group_names, group_values, event_ids, hits) VALUES
        ('acme', generateUUIDv4(), 1, ['actor_id', 'session'], ['usr_ada', 'session of ada'], ['${ids[0]}'], 3),
        ('acme', generateUUIDv4(), 1, ['session'], ['session of bob'], ['${ids[1]}'], 2)`,
    });
    const id = await world.erase({ subject: { actor_id: 'usr_ada' }, parts: 'both' });
    assert.equal((await world.until(id)).progress.alerts, 1);
    assert.deepEqual(await world.rows('SELECT group_values, hits FROM alert_findings ORDER BY hits'), [
      { group_values: ['session of bob'], hits: 2 },
      { group_values: ['usr_ada', '(erased)'], hits: 3 },
    ]);
    assert.deepEqual(
      await holding(
        'ada@example.org',
        'Name of ada',
        'agent of ada',
        'session of ada',
        'ada invited',
        'details of ada',
      ),
      [],
    );
    assert.notDeepEqual(await holding('bob@example.org'), []);
    assert.deepEqual((await read(ids[0]!)).erased, ['identity', 'content']);
    for (const one of ids) assert.equal((await world.verdict(one)).verified, true);
    const [seeds] = await world.rows<AnyFields>(
      `SELECT countIf(salt_seed != '') AS seeds, countIf(length(salts) = 32 * count) AS salted FROM batches
       WHERE header_hash IN (SELECT unhex(hex(header_hash)) FROM erased_parts)`,
    );
    assert.equal(seeds!.seeds, 0);
    assert.ok(seeds!.salted > 0);
  });

  test('is an audit event that names the list, the legal basis and who asked, and not the subject', async () => {
    const { body } = await world.gateway.call('GET', '/api/audit/system?action=erasure.&limit=100');
    const actions = body.events.map(({ action }: AnyFields) => action);
    for (const action of ['erasure.requested', 'erasure.listed', 'erasure.completed']) {
      assert.ok(actions.includes(action), action);
    }
    const requested = body.events.find(({ action }: AnyFields) => action === 'erasure.requested');
    assert.equal(requested.details.legal_basis, 'GDPR Art. 17(1)(b)');
    assert.equal(requested.actor.type, 'api_token');
    assert.match(requested.details.subject_hash, /^[0-9a-f]{64}$/);
    const listed = body.events.find(({ action }: AnyFields) => action === 'erasure.listed');
    assert.match(listed.related[0].type, /^erased_(identity|content):0/);
    for (const text of ['usr_ada', 'ada@', 'of ada']) assert.ok(!JSON.stringify(body).includes(text), text);
    const [kept] = await world.rows<AnyFields>(
      `SELECT count() AS rows FROM erasures WHERE subject != '' AND state = 'done'`,
    );
    assert.equal(kept!.rows, 0);
    assert.deepEqual(await world.rows(`SELECT id FROM erasures WHERE position(subject, 'ada') > 0`), []);
  });

  test('asked for again under its Idempotency-Key is the same one; another under it is refused', async () => {
    const call = (email: string) =>
      world.gateway.call('POST', '/api/erasures', {
        body: { subject: { email }, parts: 'identity', legal_basis: 'GDPR Art. 17' },
        headers: { 'idempotency-key': 'ticket-1' },
      });
    const [first, second] = [await call('nobody@example.org'), await call('nobody@example.org')];
    assert.equal(first.status, 202);
    assert.equal(second.body.id, first.body.id);
    assert.equal((await call('somebody@example.org')).body.type, 'urn:sealstream:problem:idempotency-key-reused');
  });

  test('is for administrators, and of an organization’s events for its own', async () => {
    const viewer = await world.gateway.makeKey(['acme'], ['view:audit_logs', 'manage:alerts']);
    const own = await world.gateway.makeKey(['other'], ['admin']);
    const body = { subject: { email: 'bob@example.org' }, parts: 'identity', legal_basis: 'x' };
    assert.equal((await world.gateway.call('POST', '/api/erasures', { key: viewer, body })).status, 403);
    const foreign = { ...body, organization: 'acme' };
    assert.equal((await world.gateway.call('POST', '/api/erasures', { key: own, body: foreign })).status, 403);
    const asked = await world.gateway.call('POST', '/api/erasures', { key: own, body });
    assert.equal(asked.status, 202);
    await world.until(asked.body.id);
    assert.equal((await read(ids[1]!)).actor.email, 'bob@example.org');
    const { body: list } = await world.gateway.call('GET', '/api/erasures', { key: own });
    assert.deepEqual(
      list.erasures.map(({ id }: AnyFields) => id),
      [asked.body.id],
    );
    const { erasures } = (await world.gateway.call('GET', '/api/erasures')).body;
    assert.ok(erasures.length > 2);
    const [newest] = erasures;
    assert.equal((await world.gateway.call('GET', `/api/erasures/${erasures.at(-1).id}`, { key: own })).status, 404);
    assert.equal(newest.state, 'done');
  });

  test('asked for twice at once, by id and by filter, is done twice and taken out once', async () => {
    const [id, other] = await world.publish([event('kate'), event('liam')]);
    const asked = await Promise.all([
      world.erase({ subject: { actor_id: 'usr_kate' }, parts: 'both' }),
      world.erase({ subject: { filter: { q: 'session_id:"session of kate"' } }, parts: 'identity' }),
    ]);
    for (const one of asked) assert.equal((await world.until(one)).error, null);
    assert.deepEqual((await read(id!)).erased, ['identity', 'content']);
    assert.equal((await read(other!)).erased, undefined);
    for (const one of [id!, other!]) assert.equal((await world.verdict(one)).verified, true);
  });

  test('of a filter that says nothing, or of times that exclude each other, is refused', async () => {
    for (const filter of [{}, { organization_id: 'acme' }, { from: '2026-02-01', to: '2026-01-01' }, { nonsense: 1 }]) {
      const { status } = await world.gateway.call('POST', '/api/erasures', {
        body: { subject: { filter }, parts: 'identity', legal_basis: 'x' },
      });
      assert.ok(status === 400 || status === 422, `${JSON.stringify(filter)}: ${status}`);
    }
  });

  test('that nobody signed is a deletion, whatever the table of lists says', async () => {
    const [id] = await world.publish([event('eve')]);
    const where = `id = '${id}'`;
    const [row] = await world.rows<AnyFields>(
      `SELECT lower(hex(header_hash)) AS hash, lower(hex(incarnation)) AS life, partition, offset FROM batches
       WHERE (partition, offset) IN (SELECT partition, offset FROM events WHERE ${where})`,
    );
    const mutated = { clickhouse_settings: { mutations_sync: '2' } } as const;
    await world.clickhouse.command({
      query: `ALTER TABLE events UPDATE identity_digest = unhex(repeat('ab', 32)), actor_name = '', actor_email = '', target_name = '',
        ip_bytes = '', user_agent = '', session_id = '' WHERE ${where}`,
      ...mutated,
    });
    await world.clickhouse.command({
      query: `INSERT INTO erased_parts SELECT unhex('${row!.hash}'), 0, 'identity', unhex(repeat('ab', 32)), generateUUIDv4(), generateUUIDv4(),
        unhex('${row!.life}'), ${row!.partition}, ${row!.offset}, now64(3), 'events', generateUUIDv4(), now64(3)`,
    });
    const verdict = await world.verdict(id!);
    assert.equal(verdict.verified, false);
    assert.match(verdict.message, /no erasure event names it/);
    const forged = event('eve', { scope: 'system', action: 'erasure.listed', organization_id: '' });
    const answer = await world.gateway.call('POST', '/api/audit/events', { body: forged });
    assert.equal(answer.status, 422);
    assert.equal(answer.body.errors[0].pointer, '/action');
  });

  test('waits for what Kafka had and the consumer had not stored, and takes nothing that came later', async () => {
    await world.consumer.stop();
    const [before] = await world.publish([event('fred')], { stored: false });
    const id = await world.erase({ subject: { email: 'fred@example.org' } });
    const [after] = await world.publish([event('fred')], { stored: false });
    await world.until(id, 'waiting');
    world.consumer = await startConsumerOf(world, world.group);
    await world.until(id);
    assert.deepEqual((await read(before!)).erased, ['identity']);
    assert.equal((await read(after!)).actor.email, 'fred@example.org');
  });

  test('reaches records in quarantine, which may be released without what was erased', async () => {
    const producer = testProducer({ producerId: 'till' });
    const { audience } = world.config.deployment;
    const parts = [event('ivan'), event('jane')].map((one) => eventParts(one));
    const { value } = producer.record('data', parts, { audience });
    const { offset } = await world.send(value);
    const held = async (): Promise<Buffer[]> =>
      (
        await world.rows<{ value: string }>(
          `SELECT hex(value) AS value FROM quarantine WHERE offset = ${offset} AND partition = 0`,
        )
      ).map((row) => Buffer.from(row.value, 'hex'));
    assert.deepEqual(await held(), [value]);
    const id = await world.erase({ subject: { email: 'ivan@example.org' }, parts: 'both' });
    assert.equal((await world.until(id)).progress.quarantined_records, 1);
    const [erased, ...more] = await held();
    assert.deepEqual(more, []);
    assert.ok(!erased!.includes('ivan@') && !erased!.includes('ivan invited'));
    assert.ok(erased!.includes('jane@example.org'));
    const registered = await world.gateway.call('POST', '/api/producers', {
      body: {
        producer_id: 'till',
        public_key: producer.key.publicKey.toString('base64'),
        organizations: ['acme'],
        scopes: ['organization'],
      },
    });
    assert.equal(registered.status, 201, JSON.stringify(registered.body));
    await world.send(erased!);
    const { body } = await world.gateway.call('GET', '/api/audit?action=member.invited&limit=1000');
    const released = body.events.filter(({ actor }: AnyFields) => ['usr_ivan', 'usr_jane'].includes(actor.id));
    assert.deepEqual(released.map(({ actor, erased: parts }: AnyFields) => [actor.id, actor.email, parts]).sort(), [
      ['usr_ivan', undefined, ['identity', 'content']],
      ['usr_jane', 'jane@example.org', undefined],
    ]);
    for (const one of released) assert.equal((await world.verdict(one.id)).verified, true);
  });

  test('of a part whose digest, in a record whose hash, ends in a zero byte is one like any other', async () => {
    const key = newKey();
    const registered = await world.gateway.call('POST', '/api/producers', {
      body: {
        producer_id: 'kiosk',
        public_key: key.publicKey.toString('base64'),
        organizations: ['acme'],
        scopes: ['organization'],
      },
    });
    assert.equal(registered.status, 201, JSON.stringify(registered.body));
    const { audience } = world.config.deployment;
    const parts = eventParts(event('nora'));
    const seed = until(
      () => randomBytes(32),
      (tried) => partDigest(expandSalts(tried, 1).subarray(0, 16), parts.identity).at(-1) === 0,
    );
    const { value } = until(
      () => testProducer({ key, producerId: 'kiosk', saltSeed: () => seed }).record('data', [parts], { audience }),
      ({ headerHash }) => headerHash.at(-1) === 0,
    );
    const { offset } = await world.send(value);
    const { body: found } = await world.gateway.call('GET', '/api/audit?action=member.invited&limit=1000');
    const { id } = found.events.find(({ actor }: AnyFields) => actor.id === 'usr_nora');
    await world.until(await world.erase({ subject: { actor_id: 'usr_nora' }, parts: 'both' }));
    const [stored] = await world.rows<AnyFields>(
      `SELECT hex(salt_seed) AS seed, hex(salts) AS salts, count FROM batches WHERE offset = ${offset} AND partition = 0`,
    );
    assert.deepEqual(stored, { seed: '', salts: '00'.repeat(32), count: 1 });
    assert.deepEqual((await read(id)).erased, ['identity', 'content']);
    const { verified, message } = await world.verdict(id);
    assert.equal(verified, true, message);
  });

  test('is not undone when the tables are built again from Kafka, nor when the same bytes come again', async () => {
    const keyed = { headers: { 'idempotency-key': 'again' }, body: [event('gina'), event('hans')] };
    const first = await world.gateway.call('POST', '/api/audit/events', keyed);
    await world.published(first.body.ids);
    const id = await world.erase({ subject: { actor_id: 'usr_gina' }, parts: 'both' });
    await world.until(id);
    await world.consumer.stop();
    await world.gateway.call('POST', '/api/audit/events', keyed);
    for (const table of ['events', 'batches', 'quarantine']) {
      await world.clickhouse.command({ query: `TRUNCATE TABLE ${table} SYNC` });
    }
    world.consumer = await startConsumerOf(world);
    await world.published(first.body.ids);
    const erased = await read(first.body.ids[0]);
    assert.deepEqual(erased.erased, ['identity', 'content']);
    assert.equal((await read(first.body.ids[1])).actor.email, 'hans@example.org');
    for (const one of first.body.ids) assert.equal((await world.verdict(one)).verified, true);
    const duplicates = await world.rows<AnyFields>(
      `SELECT salt_seed = '' AS without_seed FROM batches WHERE header_hash IN (
         SELECT header_hash FROM batches WHERE disposition = 'duplicate' AND count = 2)`,
    );
    assert.deepEqual(duplicates, [{ without_seed: 1 }, { without_seed: 1 }]);
    assert.deepEqual(await holding('gina@example.org', 'Name of gina'), []);
  });
});
