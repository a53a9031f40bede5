import type { Command } from 'commander';
import { usageError } from '../errors.js';
import { shortTime } from '../events/columns.js';
import { type CommonOptions, collected, durationMs, type Tools, withCommonOptions } from './command.js';
import { organizationsOf, printRecord, printRecords } from './records.js';

interface ApiKey {
  id: string;
  name: string;
  prefix: string;
  organizations: '*' | string[];
  permissions: string[];
  role?: string | null;
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
  last_used_at?: string | null;
}

type MadeKey = ApiKey & { key: string };

interface CreateOptions extends CommonOptions {
  name: string;
  organization: string[];
  permission?: string[];
  role?: string;
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
  { title: 'LAST USED', of: ({ last_used_at }: ApiKey) => shortTime(last_used_at ?? 'never').slice(0, 10) },
];

export function addKeys(parent: Command, { connect, printer, surroundings }: Tools): void {
  const printMade = async ({ key, ...rest }: MadeKey, { output }: CommonOptions): Promise<void> => {
    await printRecord({ key, ...rest }, output, printer);
    if (output === 'table') printer.note('Keep the key now: it is not stored anywhere and cannot be shown again.');
  };
  const group = parent.command('keys').description('API keys: create, list, rotate, revoke');

  const create = group
    .command('create')
    .description('a new key; it is shown once')
    .requiredOption('--name <name>', 'what it is for')
    .requiredOption('--organization <id>', 'repeat for several, * for all', collected)
    .option('--permission <permission>', 'write:events, view:audit_logs, verify …; repeat for several', collected)
    .option('--role <role>', 'owner, admin, auditor, viewer, writer, or one of your own; with permissions or instead')
    .option('--expires-at <time>', 'RFC 3339; default: never');
  withCommonOptions(create).action(async (options: CreateOptions) => {
    if (!options.permission && !options.role) throw usageError('Say what it may do: --permission or --role.');
    const body = {
      name: options.name,
      organizations: organizationsOf(options.organization),
      permissions: options.permission,
      role: options.role,
      expires_at: options.expiresAt,
    };
    await printMade(await connect(options).post<MadeKey>('/api/keys', { body }), options);
  });

  withCommonOptions(group.command('list').description('every key, revoked ones too')).action(
    async (options: CommonOptions) => {
      const { keys } = await connect(options).get<{ keys: ApiKey[] }>('/api/keys');
      await printRecords({ keys }, columns(surroundings.nowMs()), options.output, printer);
    },
  );

  const rotate = group
    .command('rotate')
    .description('a new key in place of one, with the same rights; it is shown once')
    .argument('<id>', 'as `keys list` shows it')
    .option('--overlap <time>', 'how long the old key goes on: 0, 30m, 7d; at most 30d', durationMs, 3_600_000);
  withCommonOptions(rotate).action(async (id: string, options: CommonOptions & { overlap: number }) => {
    const body = { overlap_seconds: Math.floor(options.overlap / 1_000) };
    await printMade(
      await connect(options).post<MadeKey>(`/api/keys/${encodeURIComponent(id)}/rotate`, { body }),
      options,
    );
  });

  withCommonOptions(
    group.command('revoke').description('take a key out of force').argument('<id>', 'as `keys list` shows it'),
  ).action(async (id: string, options: CommonOptions) => {
    const revoked = await connect(options).delete<ApiKey>(`/api/keys/${encodeURIComponent(id)}`);
    await printRecord(revoked, options.output, printer);
  });
}
