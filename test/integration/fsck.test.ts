import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createLogger } from '../../services/core/log.js';
import { createRegistryReader, type RegistryReader } from '../../services/core/reading/index.js';
import { headerHash, signHeader } from '../../services/core/seal/index.js';
import { decodeHeader, encodeHeader } from '../../services/core/wire/index.js';
import type { Difference } from '../../services/fsck/difference.js';
import { fsck } from '../../services/fsck/fsck.js';
import { type FsckDeployment, runFsck } from '../../services/fsck/run.js';
import { createDeliveryWorld, type DeliveryWorld, startTestConsumer } from '../support/delivering.js';
import { eventParts, testProducer } from '../support/judging.js';

const logger = createLogger('fsck', 'silent');

/** A small log of one partition: a marker, an opening, three records of events, one that is refused, one that is refused in part. */
describe('fsck', () => {
  let world: DeliveryWorld;
  let deployment: FsckDeployment;
  let registryReader: RegistryReader;
  let first: number;

  const named = ({ kind, place, step }: Difference): string => {
    const last = place.lastOffset === undefined ? '' : `-${place.lastOffset - first}`;
    const index = place.index === undefined ? '' : `.${place.index}`;
    return `${kind}${step ? `:${step}` : ''} ${place.offset - first}${last}${index}`;
  };
  const signal = new AbortController().signal;
  /** Of ClickHouse alone. */
  const differences = async (): Promise<string[]> => {
    const found: Difference[] = [];
    await fsck({
      ...deployment,
      kafka: undefined,
      log: undefined,
      registryReader,
      erasures: () => false,
      report: (one) => void found.push(one),
      logger,
      signal,
    });
    return found.map(named);
  };
  const withKafka = async (): Promise<string[]> => {
    const found: Difference[] = [];
    await runFsck(deployment, { withKafka: true, report: (one) => void found.push(one), logger, signal });
    return found.map(named);
  };
  const command = (query: string): Promise<unknown> =>
    world.clickhouse.command({
      query,
      clickhouse_settings: { mutations_sync: '2' },
    });
  /** Does something to copies of the tables that then take their place, and puts the old ones back. */
  const tampered = async <T>(
    tables: readonly string[],
    acts: readonly string[],
    look: () => Promise<T>,
  ): Promise<T> => {
    for (const table of tables) {
      await command(`CREATE TABLE kept_${table} AS ${table}`);
      await command(`INSERT INTO kept_${table} SELECT * FROM ${table}`);
    }
    try {
      for (const act of acts) await command(act);
      return await look();
    } finally {
      for (const table of tables) {
        await command(`DROP TABLE ${table} SYNC`);
        await command(`RENAME TABLE kept_${table} TO ${table}`);
      }
    }
  };

  before(async () => {
    world = await createDeliveryWorld();
    const { config, kafka, clickhouse, judging } = world;
    deployment = {
      clickhouse,
      database: config.database,
      kafka,
      topics: config.topics,
      groupId: config.groupId,
      deployment: judging.deployment,
    };
    const { kafka: client, topics } = deployment;
    registryReader = await createRegistryReader({
      kafka: client,
      topic: topics.registry,
      deployment: deployment.deployment,
      log: logger,
    });
    const key = await world.register('shop');
    const producer = testProducer({ key, partition: 0, lane: 0 });
    first = await world.publish(0, [producer.open()]);
    const events = (count: number) =>
      Array.from({ length: count }, (_, at) => eventParts({ action: 'auth.login', actor: { id: `usr_${at}` } }));
    for (let at = 0; at < 3; at += 1) await world.publish(0, [producer.record('data', events(4)).value]);
    await world.publish(0, [Buffer.from('no record at all')]);
    const late = eventParts({ action: 'auth.login', occurred_at: '2190-01-01T00:00:00Z' });
    await world.publish(0, [producer.record('data', [...events(2), late]).value]);
    const consumer = await startTestConsumer(config);
    await world.delivered();
    await consumer.stop();
  });
  after(async () => {
    await registryReader.stop();
    await world.remove();
  });

  test('finds nothing where nothing was changed', async () => {
    assert.deepEqual(await withKafka(), []);
  });

  const attacks: [name: string, tables: string[], acts: string[], found: string[], needsKafka?: true][] = [
    [
      'a column that was edited',
      ['events'],
      [`ALTER TABLE events UPDATE actor_id = 'usr_9' WHERE offset = {2} AND idx = 1`],
      ['event_altered:leaf 2.1'],
    ],
    [
      'a row that was deleted',
      ['events'],
      ['ALTER TABLE events DELETE WHERE offset = {2} AND idx = 3'],
      ['event_missing 2.3'],
    ],
    [
      'two rows that changed places',
      ['events'],
      [
        'CREATE TABLE swapped AS events',
        'INSERT INTO swapped SELECT * REPLACE(1 - idx AS idx) FROM (SELECT * FROM events WHERE offset = {1} AND idx < 2)',
        'ALTER TABLE events DELETE WHERE offset = {1} AND idx < 2',
        'INSERT INTO events SELECT * FROM swapped',
        'DROP TABLE swapped SYNC',
      ],
      ['event_altered:leaf 1.0', 'event_altered:leaf 1.1'],
    ],
    [
      'a tail that was cut off',
      ['events', 'batches', 'quarantine'],
      [
        'ALTER TABLE events DELETE WHERE offset >= {3}',
        'ALTER TABLE quarantine DELETE WHERE offset >= {3}',
        'ALTER TABLE batches DELETE WHERE offset >= {3}',
      ],
      ['record_missing 3-5'],
      true,
    ],
    [
      'a record that was taken out with its events',
      ['events', 'batches'],
      ['ALTER TABLE events DELETE WHERE offset = {2}', 'ALTER TABLE batches DELETE WHERE offset = {2}'],
      ['record_missing 2'],
    ],
    [
      'a batch that was stored once more',
      ['events', 'batches'],
      [
        'INSERT INTO events SELECT * FROM events WHERE offset = {1}',
        'INSERT INTO batches SELECT * FROM batches WHERE offset = {1}',
      ],
      ['record_doubled 1', 'event_doubled 1.0', 'event_doubled 1.1', 'event_doubled 1.2', 'event_doubled 1.3'],
    ],
    [
      'events of a record that are said to have been refused',
      ['events', 'batches'],
      [
        'ALTER TABLE events DELETE WHERE offset = {3}',
        `ALTER TABLE batches UPDATE disposition = 'quarantined', reason = 'bad_signature', accepted = [] WHERE offset = {3}`,
      ],
      ['judged_differently 3', 'judged_differently 3', 'quarantine_missing 3'],
      true,
    ],
    [
      'a signature that was changed',
      ['batches'],
      [`ALTER TABLE batches UPDATE signature = reverse(signature) WHERE offset = {2}`],
      ['record_altered:signature 2'],
    ],
    [
      'a row that nobody signed',
      ['events'],
      [
        'INSERT INTO events SELECT * REPLACE(toUInt16(7) AS idx) FROM (SELECT * FROM events WHERE offset = {1} AND idx = 0)',
      ],
      ['event_added 1.7'],
    ],
    [
      'a row beyond everything',
      ['events'],
      [
        'INSERT INTO events SELECT * REPLACE(toUInt64({1000000}) AS offset) FROM (SELECT * FROM events WHERE offset = {1} AND idx = 0)',
      ],
      ['event_added 1000000.0'],
    ],
    [
      'a row where the next record would be',
      ['events'],
      [
        'INSERT INTO events SELECT * REPLACE(toUInt64({6}) AS offset) FROM (SELECT * FROM events WHERE offset = {1} AND idx = 0)',
      ],
      ['event_added 6.0'],
      true,
    ],
    [
      'a quarantine that lost what was refused',
      ['quarantine'],
      ['ALTER TABLE quarantine DELETE WHERE offset = {4}'],
      ['quarantine_missing 4'],
    ],
  ];
  for (const [name, tables, acts, wanted, needsKafka] of attacks) {
    test(`names ${name}`, async () => {
      const placed = acts.map((act) => act.replace(/\{(\d+)\}/g, (_, at) => String(first + Number(at))));
      assert.deepEqual(await tampered(tables, placed, needsKafka ? withKafka : differences), wanted);
    });
  }

  test('names a record that was signed anew with a key that came later', async () => {
    const thief = await world.register('shop');
    await registryReader.catchUp();
    const [row] = await world.rows<{ header: string }>(
      `SELECT hex(header) AS header FROM batches WHERE offset = ${first + 2}`,
    );
    const old = decodeHeader(Buffer.from(row!.header, 'hex'));
    const header = encodeHeader({ ...old, key_id: thief.keyId });
    const hex = (bytes: Buffer): string => `unhex('${bytes.toString('hex')}')`;
    const forged = `header = ${hex(header)}, header_hash = ${hex(headerHash(header))}, key_id = ${hex(thief.keyId)},
      signature = ${hex(signHeader(thief, header))}`;
    const found = await tampered(
      ['batches'],
      [`ALTER TABLE batches UPDATE ${forged} WHERE offset = ${first + 2}`],
      differences,
    );
    assert.deepEqual(found, ['record_altered:key 2']);
  });

  // Last: it leaves a record in Kafka that nobody stores.
  test('takes no event for added while its record is being stored, which `batches` tells last', async () => {
    const offset = await world.publish(0, [Buffer.from('a record that comes while fsck looks')]);
    const stored = [
      `INSERT INTO events SELECT * REPLACE(toUInt64(${offset}) AS offset) FROM (SELECT * FROM events WHERE offset = ${first + 1} AND idx = 0)`,
    ];
    assert.deepEqual(await tampered(['events'], stored, withKafka), []);
    assert.deepEqual(await tampered(['events'], stored, differences), []);
  });
});
