import type { ActionDefinition } from '../action.js';
import { count, event, flag, forOwners, oneOf, stateful, text, texts, time } from '../define.js';

const region = text('where');
const size = text('which size');
const environment = text('production, staging, …');
const version = text('which version');
const seconds = count('how long it took');
const bytes = count('how much');
const error = text('why, as the system said it');
const engine = text('postgres, mysql, …');

const servers: readonly ActionDefinition[] = [
  stateful('server.created', 'A server was made.', { region, size, image: text('from what') }),
  stateful('server.updated', 'The configuration of a server was changed.', { fields: texts('which fields') }),
  stateful('server.started', 'A server was switched on.'),
  stateful('server.stopped', 'A server was switched off.', { forced: flag('whether without waiting for it') }),
  event(
    'server.restarted',
    'A server was switched off and on.',
    { forced: flag('whether without waiting for it') },
    {
      aliases: ['server.rebooted'],
    },
  ),
  stateful('server.resized', 'A server got another size.', { from: size, to: size }),
  stateful('server.deleted', 'A server was deleted.', { region }, { aliases: ['server.destroyed'] }),
  event(
    'server.console_opened',
    'Someone opened a shell on a server.',
    { user: text('as whom') },
    {
      aliases: ['server.shell_opened', 'server.ssh_opened'],
    },
  ),
  event(
    'server.command_run',
    'Someone ran a command on a server.',
    { command: text('which'), exit_code: { type: 'integer' } },
    {
      aliases: ['server.command_executed'],
    },
  ),
];

const instances: readonly ActionDefinition[] = [
  stateful('instance.created', 'An instance was made.', { region, size, version }),
  stateful('instance.started', 'An instance was started.', { version }),
  stateful('instance.stopped', 'An instance was stopped.'),
  event('instance.restarted', 'An instance was stopped and started.', { version }),
  stateful('instance.scaled', 'The number or size of instances was changed.', {
    from: count('how many before'),
    to: count('how many after'),
    automatic: flag('whether by load'),
  }),
  stateful('instance.upgraded', 'An instance was brought to another version.', { from: version, to: version }),
  event('instance.failed', 'An instance fell over.', { error }, { aliases: ['instance.crashed'] }),
  stateful('instance.deleted', 'An instance was deleted.', { region }, { aliases: ['instance.terminated'] }),
];

const deployments: readonly ActionDefinition[] = [
  event(
    'deployment.started',
    'Bringing out a version began.',
    { environment, version, commit: text('which') },
    {
      aliases: ['deploy.started', 'deployment.created'],
    },
  ),
  event('deployment.approved', 'Someone let a version be brought out.', { environment, version }),
  event('deployment.rejected', 'Someone did not let a version be brought out.', { environment, version }),
  stateful(
    'deployment.completed',
    'A version was brought out.',
    { environment, version, seconds },
    {
      aliases: ['deployment.succeeded', 'deploy.completed', 'deployment.finished'],
    },
  ),
  event(
    'deployment.failed',
    'A version could not be brought out.',
    { environment, version, seconds, error },
    {
      aliases: ['deploy.failed'],
    },
  ),
  event('deployment.cancelled', 'Bringing out a version was stopped.', { environment, version }),
  stateful(
    'deployment.rolled_back',
    'The version before was put back.',
    { environment, from: version, to: version },
    {
      aliases: ['deployment.rollback', 'deploy.rolled_back'],
    },
  ),
  stateful(
    'environment.variable_changed',
    'A variable of an environment was set or taken away.',
    {
      environment,
      name: text('which variable; never its value'),
    },
    { aliases: ['env_var.updated', 'environment.updated'] },
  ),
];

const backups: readonly ActionDefinition[] = [
  event(
    'backup.created',
    'A backup was made.',
    { bytes, seconds, encrypted: flag('whether it is') },
    {
      aliases: ['backup.completed'],
    },
  ),
  event('backup.failed', 'A backup could not be made.', { seconds, error }),
  stateful('backup.restored', 'A backup was put back.', { seconds, taken_at: time('from when it is') }),
  event('backup.restore_failed', 'A backup could not be put back.', { seconds, error }),
  event('backup.downloaded', 'A backup was taken out.', { bytes }),
  event('backup.verified', 'A backup was tried whether it can be put back.', { seconds }),
  stateful('backup.deleted', 'A backup was deleted.', { taken_at: time('from when it was') }),
  stateful('backup.schedule_changed', 'When backups are made and how long they are kept was changed.', {
    keep_days: count('how long'),
  }),
];

const databases: readonly ActionDefinition[] = [
  stateful('database.created', 'A database was made.', { engine, version, region }),
  stateful('database.updated', 'The configuration of a database was changed.', { fields: texts('which fields') }),
  event('database.migrated', 'The schema of a database was changed.', { from: version, to: version, seconds }),
  stateful('database.restored', 'A database was put back to an earlier state.', { to_time: time('to when') }),
  event(
    'database.query_run',
    'Someone ran a query by hand.',
    { statement: text('its kind'), rows: count('how many'), seconds },
    {
      aliases: ['database.query_executed'],
    },
  ),
  event(
    'database.exported',
    'The contents of a database were taken out.',
    { bytes, format: text('which') },
    {
      aliases: ['database.dumped'],
    },
  ),
  event('database.access_granted', 'Someone was let into a database.', {
    privileges: texts('what they may'),
    until: time('until when'),
  }),
  event('database.access_revoked', 'Someone was shut out of a database.', { privileges: texts('what they might') }),
  stateful(
    'database.deleted',
    'A database was deleted.',
    { engine, final_backup: text('id of the last backup') },
    {
      aliases: ['database.dropped'],
    },
  ),
  ...forOwners([
    event('database.credentials_rotated', 'The credentials of a database were replaced.', {
      user: text('of which user'),
    }),
  ]),
];

const networks: readonly ActionDefinition[] = [
  stateful('firewall.rule_added', 'A rule was added to a firewall.', {
    direction: oneOf(['in', 'out'], 'which way'),
    protocol: text('tcp, udp, …'),
    ports: text('which'),
    source: text('from where'),
  }),
  stateful('firewall.rule_removed', 'A rule was taken from a firewall.', {
    direction: oneOf(['in', 'out'], 'which way'),
    protocol: text('tcp, udp, …'),
    ports: text('which'),
    source: text('from where'),
  }),
  stateful('dns.record_changed', 'A record of a domain was set or taken away.', {
    type: text('A, MX, TXT, …'),
    name: text('which'),
  }),
  stateful('ip_allowlist.changed', 'From which addresses an organization may be reached was changed.', {
    added: texts('addresses that came'),
    removed: texts('addresses that went'),
  }),
];

const jobs: readonly ActionDefinition[] = [
  event('job.started', 'A job began.', { trigger: text('what set it off') }),
  event('job.completed', 'A job was done.', { seconds }, { aliases: ['job.succeeded', 'job.finished'] }),
  event('job.failed', 'A job was not done.', { seconds, attempt: count('which try, from 1'), error }),
  event('job.cancelled', 'A job was stopped.', { seconds }),
];

/** Machines and what runs on them. */
export const infrastructure: readonly ActionDefinition[] = [
  ...servers,
  ...instances,
  ...deployments,
  ...backups,
  ...databases,
  ...networks,
  ...jobs,
];
