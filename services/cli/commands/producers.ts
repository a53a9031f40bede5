import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { messageOf } from '../../core/errors.js';
import { scopes } from '../../core/wire/symbols.js';
import { CliError, usageError } from '../errors.js';
import { openSigningKey } from '../signing-key-file.js';
import { type CommonOptions, collected, type Tools, withCommonOptions } from './command.js';
import { organizationsOf, printRecord, printRecords } from './records.js';

interface ProducerKey {
  key_id: string;
  producer_id: string;
  name: string;
  organizations: '*' | string[];
  scopes: string[];
  public_key: string;
  revoked: boolean;
}

interface AddOptions extends CommonOptions {
  organization: string[];
  keyFile?: string;
  publicKey?: string;
  producerId?: string;
  name?: string;
  scope?: string[];
}

const columns = [
  { title: 'PRODUCER', of: ({ producer_id }: ProducerKey) => producer_id, atLeast: 10 },
  { title: 'NAME', of: ({ name }: ProducerKey) => name, atLeast: 6 },
  { title: 'ORGANIZATIONS', of: ({ organizations }: ProducerKey) => [organizations].flat().join(','), atLeast: 10 },
  { title: 'STATE', of: ({ revoked }: ProducerKey) => (revoked ? 'revoked' : 'in force') },
  { title: 'KEY', of: ({ key_id }: ProducerKey) => key_id, atLeast: 16 },
];

export function addProducers(parent: Command, tools: Tools): void {
  const { connect, printer } = tools;
  const group = parent.command('producers').description('keys that sign events: add, list, revoke');

  const add = group
    .command('add')
    .description("register a producer's key")
    .requiredOption('--organization <id>', 'whose events it may sign; repeat for several, * for all', collected)
    .option('--key-file <file>', 'its private key (PKCS#8 PEM), made when missing; only the public half is sent')
    .option('--public-key <key>', 'its public key instead: a PEM file, or base64')
    .option('--producer-id <id>', 'default: made')
    .option('--name <name>', 'for people')
    .addOption(new Option('--scope <scope>', 'repeat for several').choices(scopes).argParser(collected));
  withCommonOptions(add).action(async (options: AddOptions) => {
    const body = {
      public_key: publicKeyOf(options, tools),
      organizations: organizationsOf(options.organization),
      producer_id: options.producerId,
      name: options.name,
      scopes: options.scope,
    };
    const added = await connect(options).post<ProducerKey>('/api/producers', { body });
    await printRecord(added, options.output, printer);
  });

  withCommonOptions(group.command('list').description('every key, revoked ones too')).action(
    async (options: CommonOptions) => {
      const { producers } = await connect(options).get<{ producers: ProducerKey[] }>('/api/producers');
      await printRecords({ producers }, columns, options.output, printer);
    },
  );

  withCommonOptions(
    group
      .command('revoke')
      .description('take a key out of force; what it signed before stays good')
      .argument('<key>', 'the key id, or as much of its beginning as makes it the only one'),
  ).action(async (key: string, options: CommonOptions) => {
    const api = connect(options);
    const { producers } = await api.get<{ producers: ProducerKey[] }>('/api/producers');
    const found = producers.filter(({ key_id }) => key.length >= 4 && key_id.startsWith(key.toLowerCase()));
    if (found.length > 1) throw new CliError('input', `${key} begins ${found.length} key ids; give more of it.`);
    if (!found[0])
      throw new CliError('input', `There is no producer key ${key}. \`sealstream producers list\` shows them.`);
    const revoked = await api.delete<ProducerKey>(`/api/producers/${found[0].key_id}`);
    await printRecord(revoked, options.output, printer);
  });
}

function publicKeyOf({ keyFile, publicKey }: AddOptions, { surroundings: { cwd }, printer }: Tools): string {
  if ((keyFile === undefined) === (publicKey === undefined))
    throw usageError('Give either --key-file or --public-key.');
  if (publicKey !== undefined) {
    return /^[A-Za-z0-9+/_-]{43,}=*$/.test(publicKey) ? publicKey : readText(resolve(cwd, publicKey));
  }
  const file = resolve(cwd, keyFile!);
  const { key, made } = openSigningKey(file);
  if (made) printer.note(`The private key is in ${file}. Keep it where only the producer reads it.`);
  return key.publicKey.toString('base64');
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError('input', `--public-key is neither base64 nor a file that can be read: ${messageOf(error)}`);
  }
}
