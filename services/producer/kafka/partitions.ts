import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import type { Spool } from '../spool/spool.js';
import type { Publisher } from './publisher.js';

/**
 * How many partitions the topic has. Where Kafka is away and a spool remembers it from before, that is the answer, so that events can be
 * signed meanwhile; otherwise it waits for Kafka.
 */
export async function askPartitions({
  publisher,
  spool,
  log,
}: {
  publisher: Publisher;
  spool: Spool | undefined;
  log: Logger;
}): Promise<number> {
  const asked = publisher.partitions().then((partitions) => {
    spool?.rememberPartitions(partitions);
    return partitions;
  });
  const remembered = spool?.partitions;
  if (remembered === undefined) return asked;
  asked.catch((error) => log.error({ error: messageOf(error) }, 'the number of partitions could not be asked'));
  let unsubscribe = (): void => {};
  const away = new Promise<number>((resolve) => {
    unsubscribe = publisher.onAway(() => {
      log.warn({ partitions: remembered }, 'starting without Kafka on what the spool remembers');
      resolve(remembered);
    });
  });
  try {
    return await Promise.race([asked, away]);
  } finally {
    unsubscribe();
  }
}
