import { type FolderLock, lockFolder as lock } from '../../core/folder-lock.js';
import { producerError } from '../errors.js';

export { lockTouchMs } from '../../core/folder-lock.js';

/** Takes the spool's folder for this process, or throws `spool_locked` that names who holds it. */
export const lockFolder = (folder: string): FolderLock =>
  lock(folder, (holder) =>
    producerError(
      'spool_locked',
      `the spool ${folder} is in use by ${holder}. One producer has one folder: give this one another, or end that process.`,
      { retriable: true },
    ),
  );
