import type { Command } from 'commander';
import { shortTime } from '../events/columns.js';
import { type CommonOptions, collected, type Tools, withCommonOptions } from './command.js';
import { organizationsOf, printRecord, printRecords } from './records.js';

interface ApiKey {
  id: string;
  name: string;
  prefix: string;
  organizations: '*' | string[];
  permissions: string[];
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
}

interface CreateOptions extends CommonOptions {
  name: string;
  organization: string[];
  permission: string[];
  expiresAt?: string;
}

const state = ({ revoked_at, expires_at }: ApiKey, nowMs: number): string => {
  if (revoked_at) return 'revoked';
  return expires_at && Date.parse(expires_at) <= nowMs ? 'expired' : 'in force';
};

const columns = (nowMs: number) => [
  { title: 'ID', of: ({ id }: ApiKey) => id },
  { title: 'NAME', of: ({ name }: ApiKey) => name, atLeast: 8 },
  { title: 'KEY', of: ({ prefix }: ApiKey) => `${prefix}…`, atLeast: 6 },
  { title: 'STATE', of: (key: ApiKey) => state(key, nowMs) },
  { title: 'CREATED', of: ({ created_at }: ApiKey) => shortTime(created_at).slice(0, 10), atLeast: 10 },
];

export function addKeys(parent: Command, { connect, printer, surroundings }: Tools): void {
  const group = parent.command('keys').description('API keys: create, list, revoke');

  const create = group
    .command('create')
    .description('a new key; it is shown once')
    .requiredOption('--name <name>', 'what it is for')
    .requiredOption('--organization <id>', 'repeat for several, * for all', collected)
    .requiredOption(
      '--permission <permission>',
      'write:events, view:audit_logs, verify …; repeat for several',
      collected,
    )
    .option('--expires-at <time>', 'RFC 3339; default: never');
  withCommonOptions(create).action(async (options: CreateOptions) => {
    const body = {
      name: options.name,
      organizations: organizationsOf(options.organization),
      permissions: options.permission,
      expires_at: options.expiresAt,
    };
    const made = await connect(options).post<ApiKey & { key: string }>('/api/keys', { body });
    const { key, ...rest } = made;
    await printRecord({ key, ...rest }, options.output, printer);
    if (options.output === 'table')
      printer.note('Keep the key now: it is not stored anywhere and cannot be shown again.');
  });

  withCommonOptions(group.command('list').description('every key, revoked ones too')).action(
    async (options: CommonOptions) => {
      const { keys } = await connect(options).get<{ keys: ApiKey[] }>('/api/keys');
      await printRecords({ keys }, columns(surroundings.nowMs()), options.output, printer);
    },
  );

  withCommonOptions(
    group.command('revoke').description('take a key out of force').argument('<id>', 'as `keys list` shows it'),
  ).action(async (id: string, options: CommonOptions) => {
    const revoked = await connect(options).delete<ApiKey>(`/api/keys/${encodeURIComponent(id)}`);
    await printRecord(revoked, options.output, printer);
  });
}
