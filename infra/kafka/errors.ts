import { SealstreamError } from '../../services/core/errors.js';

/** An existing topic that cannot carry the format: which setting, what it is, what it must be, how to change it. */
export class TopicSettingError extends SealstreamError {
  readonly topic: string;
  readonly setting: string;
  readonly found: string;
  readonly needed: string;

  constructor({
    topic,
    setting,
    found,
    needed,
    why,
  }: {
    topic: string;
    setting: string;
    found: string;
    needed: string;
    why: string;
  }) {
    const fix =
      setting === 'partitions'
        ? `delete the topic while it is empty, and it is made anew, or name another one.`
        : `kafka-configs.sh --bootstrap-server HOST:PORT --alter --topic ${topic} --add-config ${setting}=${needed}`;
    super(
      'topic_setting',
      `Kafka topic ${topic} has ${setting}=${found}, but needs ${needed}: ${why}.\nTo change it: ${fix}`,
      { topic },
    );
    this.name = 'TopicSettingError';
    this.topic = topic;
    this.setting = setting;
    this.found = found;
    this.needed = needed;
  }
}
