import { SealstreamError } from '../../core/errors.js';

/** Why a repair does not begin, or does not go on. */
export type RepairStop =
  /** The consumer's group has members: one of them would go on from where it is, and not from where the repair sends it. */
  | 'group_in_use'
  /** The group's offset is not what was committed. */
  | 'not_committed'
  /** ClickHouse does not come to an end with inserts or deletes. */
  | 'clickhouse_busy';

export class RepairStopped extends SealstreamError {
  declare readonly code: RepairStop;
  constructor(code: RepairStop, message: string, { cause }: { cause?: unknown } = {}) {
    super(code, message, { retriable: true, cause });
    this.name = 'RepairStopped';
  }
}
