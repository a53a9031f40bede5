import { sha256 } from '../../core/seal/index.js';
import { producerError } from '../errors.js';

const hash32 = (text: string): number => sha256(text).readUInt32BE(0);

/**
 * The partition of each lane. With as many lanes as partitions, lane i has partition i; with fewer they begin at a hash of the
 * producer, so that many small producers spread and each stays where it was after a restart.
 */
export function placeLanes({
  lanes,
  partitions,
  producerId,
}: {
  lanes: number | 'partitions';
  partitions: number;
  producerId: string;
}): number[] {
  const count = lanes === 'partitions' ? partitions : lanes;
  if (count > partitions) {
    throw producerError(
      'producer_config',
      `lanes=${count} but the topic has ${partitions} partitions: each lane has one of its own`,
    );
  }
  const first = count === partitions ? 0 : hash32(producerId) % partitions;
  return Array.from({ length: count }, (_, lane) => (first + lane) % partitions);
}

/** The lane of everything with this key. */
export const laneForKey = (key: string, lanes: number): number => (lanes === 1 ? 0 : hash32(key) % lanes);
