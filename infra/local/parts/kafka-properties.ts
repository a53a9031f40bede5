import { LOOPBACK } from '../supervisor/ports.js';

/** ~68 years: consumers keep their delivery intents in offset metadata, and an idle group must not lose them. */
const OFFSETS_RETENTION_MINUTES = 2_147_483_647 / 60;
/** A record of 1,000,000 bytes plus what Kafka and a batch of them add. */
export const MAX_MESSAGE_BYTES = 1_100_000;

export interface KafkaPorts {
  readonly kafka: number;
  readonly kafkaController: number;
}

/**
 * One node, broker and controller, on loopback. Voters are static, because the dynamic ones write their port into the
 * metadata log. Threads are few and the idle record off: one node has no one to tell that it is alive.
 */
export function kafkaProperties({ ports, logDirs }: { ports: KafkaPorts; logDirs: string }): string {
  const properties: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@${LOOPBACK}:${ports.kafkaController}`,
    listeners: `PLAINTEXT://${LOOPBACK}:${ports.kafka},CONTROLLER://${LOOPBACK}:${ports.kafkaController}`,
    'advertised.listeners': `PLAINTEXT://${LOOPBACK}:${ports.kafka}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': logDirs,

    'auto.create.topics.enable': false,
    'unclean.leader.election.enable': false,
    'log.message.timestamp.type': 'LogAppendTime',
    'message.max.bytes': MAX_MESSAGE_BYTES,
    'default.replication.factor': 1,
    'min.insync.replicas': 1,

    'offset.metadata.max.bytes': 8_192,
    'offsets.retention.minutes': Math.floor(OFFSETS_RETENTION_MINUTES),
    'offsets.topic.num.partitions': 4,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.segment.bytes': 8_388_608,
    'transaction.state.log.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    // A killed member's partitions come free after its session: on one machine that need not take Kafka's six seconds.
    'group.min.session.timeout.ms': 1_000,

    'num.network.threads': 2,
    'num.io.threads': 2,
    'background.threads': 2,
    'num.recovery.threads.per.data.dir': 2,
    'metadata.max.idle.interval.ms': 0,
    'controlled.shutdown.enable': true,
  };
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}
