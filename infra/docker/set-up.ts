// The `setup` job of docker-compose.yml: makes the topics and the tables, or checks those that are there, then ends.
import { readAddresses, readEnvironment } from '../../services/core/config.js';
import { messageOf } from '../../services/core/errors.js';
import { retry } from '../../services/core/retry.js';
import { setUp } from '../local/set-up.js';

/** Kafka and ClickHouse may still be starting. */
const withinMs = 120_000;

try {
  const env = readEnvironment(process.env);
  const { kafkaBrokers, clickhouseUrl, clickhouseDatabase: database } = readAddresses(process.env);
  const config = {
    database,
    partitions: env.integer('SEALSTREAM_PARTITIONS', { fallback: 4, min: 1, max: 1_024 }),
    topics: {
      events: env.text('SEALSTREAM_EVENTS_TOPIC', 'audit.events'),
      registry: env.text('SEALSTREAM_REGISTRY_TOPIC', 'audit.registry'),
      alerts: env.text('SEALSTREAM_ALERTS_TOPIC', 'audit.alerts'),
    },
  };
  const addresses = { kafka: kafkaBrokers.join(','), clickhouse: clickhouseUrl.href };
  const until = Date.now() + withinMs;
  const { partitions } = await retry(() => setUp({ config, addresses }), {
    firstMs: 1_000,
    mostMs: 5_000,
    again: (error) => Date.now() < until && (error as { code?: string }).code === 'part_failed',
    onFailure: (error) => process.stdout.write(`not yet: ${messageOf(error)}\n`),
  });
  process.stdout.write(`${config.topics.events} has ${partitions} partitions; database ${database} is up to date\n`);
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
}
