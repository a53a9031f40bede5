import { type Coordinates, SealstreamError } from '../core/errors.js';

/**
 * Why a shard stands still until somebody has looked: what the folder, Kafka's group and the records say does not fit together, and
 * signing on would risk a second tree. The other shards go on.
 */
export const stopCodes = [
  /** The group's offset metadata is not by this software. */
  'position_unreadable',
  /** The folder's files do not give the tree that was committed, or that its checkpoint signs. */
  'folder_contradicts',
  /** The folder's checkpoint is of more entries than were ever committed. */
  'folder_ahead',
  /** The records do not give the tree that was committed. */
  'root_differs',
  /** Records that were sealed are neither in Kafka nor in `batches`, and the folder does not have them. */
  'range_gone',
  /** The record at a sealed offset is not the one that was sealed, or Kafka ends below it. */
  'topic_recreated',
] as const;
export type StopCode = (typeof stopCodes)[number];

/** A shard stops. `code` is one of `stopCodes`. */
export class SealStop extends SealstreamError {
  declare readonly code: StopCode;
  constructor(code: StopCode, message: string, where: Coordinates & { cause?: unknown } = {}) {
    super(code, message, { retriable: false, ...where });
    this.name = 'SealStop';
  }
}

/** The shard was taken from this sealer, or may have been: it must sign nothing more. */
export const assignmentLost = (message: string, where: Coordinates = {}): SealstreamError =>
  new SealstreamError('assignment_lost', message, { retriable: true, ...where });
