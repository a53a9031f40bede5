import { type Command, Option } from 'commander';
import { usageError } from '../errors.js';
import { type CommonOptions, type Tools, withCommonOptions } from './command.js';
import { printRecord, printRecords } from './records.js';

interface Erasure {
  id: string;
  state: string;
  subject_kind: string;
  parts: string[];
  legal_basis: string;
  requested_at: string;
  progress: { events: number; parts: number };
  raw_topic: { gone_by: string | null };
}

interface RequestOptions extends CommonOptions {
  actorId?: string;
  email?: string;
  as?: string;
  parts: string;
  legalBasis: string;
  reason?: string;
  organization?: string;
  dryRun?: boolean;
  idempotencyKey?: string;
}

const columns = [
  { title: 'REQUESTED', of: ({ requested_at }: Erasure) => requested_at.slice(0, 19), atLeast: 19 },
  { title: 'STATE', of: ({ state }: Erasure) => state },
  { title: 'BY', of: ({ subject_kind }: Erasure) => subject_kind },
  { title: 'PARTS', of: ({ parts }: Erasure) => parts.join(',') },
  { title: 'EVENTS', of: ({ progress }: Erasure) => String(progress.events) },
  { title: 'LEGAL BASIS', of: ({ legal_basis }: Erasure) => legal_basis, atLeast: 10 },
  { title: 'ID', of: ({ id }: Erasure) => id, atLeast: 36 },
];

export function addErasures(parent: Command, { connect, printer }: Tools): void {
  const group = parent.command('erasures').description('erase data about a person: request, list, show');

  const request = group
    .command('request')
    .description('erase parts of all events of a person; it cannot be undone')
    .option('--actor-id <id>', 'whose events, by id')
    .option('--email <email>', 'or by email')
    .addOption(new Option('--as <role>', 'as what they stand in an event').choices(['any', 'actor', 'target']))
    .addOption(
      new Option('--parts <parts>', 'what to erase').choices(['identity', 'content', 'both']).makeOptionMandatory(),
    )
    .requiredOption('--legal-basis <text>', 'kept for ever: GDPR Art. 17(1)(b)')
    .option('--reason <text>', 'in words, without personal data; kept for ever')
    .option('--organization <id>', "only this one's events")
    .option('--idempotency-key <key>', 'the same request under it is the same erasure')
    .option('--dry-run', 'only say how many events it would concern');
  withCommonOptions(request).action(async (options: RequestOptions) => {
    const { actorId, email, as, idempotencyKey } = options;
    if ((actorId === undefined) === (email === undefined)) throw usageError('Give either --actor-id or --email.');
    const body = {
      subject: { ...(actorId === undefined ? { email } : { actor_id: actorId }), ...(as ? { as } : {}) },
      parts: options.parts,
      legal_basis: options.legalBasis,
      reason: options.reason,
      organization: options.organization,
      dry_run: options.dryRun,
    };
    const headers = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
    const asked = await connect(options).post<object>('/api/erasures', { body, headers });
    await printRecord(options.output === 'table' ? flat(asked) : asked, options.output, printer);
  });

  withCommonOptions(group.command('list').description('newest first')).action(async (options: CommonOptions) => {
    const { erasures } = await connect(options).get<{ erasures: Erasure[] }>('/api/erasures');
    await printRecords({ erasures }, columns, options.output, printer);
  });

  withCommonOptions(
    group.command('show').description('one, and how far it is').argument('<id>', 'as `erasures list` shows it'),
  ).action(async (id: string, options: CommonOptions) => {
    const erasure = await connect(options).get<object>(`/api/erasures/${encodeURIComponent(id)}`);
    await printRecord(options.output === 'table' ? flat(erasure) : erasure, options.output, printer);
  });
}

/** Fields of fields beside the others, as a table of one column has no room for them. */
const flat = (record: object): object =>
  Object.fromEntries(
    Object.entries(record).flatMap(([name, value]) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(value).map(([inner, one]) => [`${name}.${inner}`, one])
        : [[name, value]],
    ),
  );
