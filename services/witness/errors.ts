import { SealstreamError } from '../core/errors.js';

/** Why a checkpoint is not cosigned: the status and body that C2SP tlog-witness says. */
export class Refusal extends SealstreamError {
  readonly status: 400 | 403 | 404 | 409 | 422;
  /** Of the newest cosigned checkpoint, with 409. */
  readonly size: number | undefined;

  constructor(status: Refusal['status'], message: string, { size, cause }: { size?: number; cause?: unknown } = {}) {
    super(`refused_${status}`, message, { cause });
    this.name = 'Refusal';
    this.status = status;
    this.size = size;
  }
}
