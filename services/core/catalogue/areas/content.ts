import type { ActionDefinition } from '../action.js';
import { count, event, flag, oneOf, stateful, text, texts, time } from '../define.js';

const fields = texts('which fields');
const bytes = count('how much');
const rows = count('how many');
const format = text('csv, json, pdf, …');
const error = text('why');

const work: readonly ActionDefinition[] = [
  event('record.read', 'A record was read.', { fields }, { aliases: ['record.viewed', 'resource.read'] }),
  stateful('record.created', 'A record was made.', {}, { aliases: ['resource.created'] }),
  stateful('record.updated', 'A record was changed.', { fields }, { aliases: ['resource.updated'] }),
  stateful(
    'record.deleted',
    'A record was deleted.',
    { recoverable: flag('whether it can be had back') },
    {
      aliases: ['resource.deleted'],
    },
  ),
  event(
    'record.bulk_deleted',
    'Many records were deleted at once.',
    { rows, filter: text('which ones') },
    {
      aliases: ['bulk.deleted'],
    },
  ),
  stateful('record.restored', 'A deleted record was had back.'),
  event('document.viewed', 'A document was opened.', {}, { aliases: ['document.opened', 'document.read'] }),
  stateful('document.created', 'A document was made.'),
  stateful(
    'document.updated',
    'A document was changed.',
    { characters: count('how many were') },
    {
      aliases: ['document.edited'],
    },
  ),
  stateful('document.shared', 'A document was let be seen by others.', {
    with: text('by whom'),
    public: flag('whether by everybody'),
    access: oneOf(['view', 'comment', 'edit'], 'how far'),
  }),
  stateful('document.deleted', 'A document was deleted.'),
  event('file.uploaded', 'A file was put in.', { bytes, type: text('media type') }),
  event('file.downloaded', 'A file was taken out.', { bytes, type: text('media type') }),
  stateful('file.deleted', 'A file was deleted.', { bytes }),
  stateful('project.created', 'A project was made.'),
  stateful('project.updated', 'A project was changed.', { fields }),
  stateful('project.archived', 'A project was put away.'),
  stateful('project.deleted', 'A project was deleted.'),
];

const exchange: readonly ActionDefinition[] = [
  event(
    'export.requested',
    'Someone asked for data to be taken out.',
    { format, filter: text('which data'), rows },
    {
      aliases: ['export.created', 'export.started'],
    },
  ),
  event(
    'export.completed',
    'Data were taken out.',
    { format, rows, bytes },
    { aliases: ['export.finished', 'data.exported'] },
  ),
  event('export.failed', 'Data could not be taken out.', { error }),
  event('export.downloaded', 'Data that had been taken out were fetched.', { bytes }),
  stateful('export.deleted', 'Data that had been taken out were deleted.', { bytes }),
  stateful('export.schedule_created', 'Data are taken out regularly from now on.', {
    every: oneOf(['hour', 'day', 'week', 'month'], 'how often'),
    destination: text('where to'),
  }),
  stateful('export.schedule_updated', 'When or where to data are taken out was changed.', { fields }),
  stateful('export.schedule_deleted', 'Data are no longer taken out regularly.'),
  stateful('export.destination_created', 'A place that data are sent to was set up.', {
    type: text('s3, sftp, email, siem, …'),
  }),
  stateful('export.destination_deleted', 'A place that data are sent to was deleted.', {
    type: text('s3, sftp, email, siem, …'),
  }),
  event('import.started', 'Data began to be brought in.', { format, source: text('from where') }),
  event('import.completed', 'Data were brought in.', { rows, rejected: count('how many were not') }),
  event('import.failed', 'Data could not be brought in.', { rows, error }),
  event('report.generated', 'A report was made.', {
    format,
    period_from: time('from when'),
    period_to: time('to when'),
  }),
];

/** What people work on, and data that come and go. */
export const content: readonly ActionDefinition[] = [...work, ...exchange];
