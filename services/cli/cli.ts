import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { packageRoot } from '../core/paths.js';
import { addAlerts } from './commands/alerts.js';
import { createTools, type Tools } from './commands/command.js';
import { addDemo } from './commands/demo.js';
import { addEmit } from './commands/emit.js';
import { addErasures } from './commands/erasures.js';
import { addExport } from './commands/export.js';
import { addFsck } from './commands/fsck.js';
import { addHistory } from './commands/history.js';
import { addImport } from './commands/import.js';
import { addKeys } from './commands/keys.js';
import { addList } from './commands/list.js';
import { addProducers } from './commands/producers.js';
import { addProof } from './commands/proof.js';
import { addQuarantine } from './commands/quarantine.js';
import { addShow } from './commands/show.js';
import { addStats } from './commands/stats.js';
import { addTail } from './commands/tail.js';
import { addTimeline } from './commands/timeline.js';
import { addVerify } from './commands/verify.js';
import { CliError, exitCodes } from './errors.js';
import { createPrinter } from './output/printer.js';
import type { Surroundings } from './surroundings.js';

const examples = `
Examples:
  sealstream import --format sshd --organization acme /var/log/auth.log
  sealstream list --organization acme --action auth.login_failed --preset 24h
  sealstream list 'action:auth.* -outcome:success ip:203.0.113.0/24'
  sealstream stats --organization acme --preset 7d --by action,target_type
  sealstream history member mem_7 --at 2026-06-15
  sealstream verify 0190a5c2-7f3e-7b11-9c5a-3f0d8a6b1c2d

Exit codes: 0 done, 1 failed, 2 not understood, 3 an event is not as signed.`;

/** Runs one command line and resolves with the exit code. Writes only to the surroundings' streams. */
export async function runCli(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const printer = createPrinter(surroundings);
  const version = readVersion();
  let exitCode: number = exitCodes.ok;
  const exitWith = (code: number): void => {
    exitCode = Math.max(exitCode, code);
  };
  const program = createProgram(createTools({ surroundings, printer, version, exitWith }));
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    if (!(error instanceof CliError)) throw error;
    printer.note(`sealstream: ${error.message}`);
    return error.exitCode;
  }
}

function createProgram(tools: Tools): Command {
  const { stdout, stderr } = tools.surroundings;
  const program = new Command('sealstream')
    .description('An audit log that its readers need not trust: events in, answers and proofs out.')
    .version(tools.version, '--version', 'the version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      getOutHelpWidth: () => tools.printer.width,
      getErrHelpWidth: () => tools.printer.width,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showHelpAfterError('(--help shows what is possible)')
    .addHelpText('after', examples);
  addEventCommands(program, tools);
  addProducers(program, tools);
  addKeys(program, tools);
  addErasures(program, tools);
  addQuarantine(program, tools);
  addAlerts(program, tools);
  addFsck(program, tools);
  addDemo(program, tools);
  for (const alias of ['audit', 'audit-logs']) {
    addEventCommands(program.command(alias, { hidden: true }).description('the commands about events'), tools);
  }
  return program;
}

function addEventCommands(parent: Command, tools: Tools): void {
  addEmit(parent, tools);
  addImport(parent, tools);
  for (const add of reading) add(parent, tools);
  addProof(parent, tools);
  const system = parent
    .command('system')
    .description('events of the platform itself: list, show, tail, stats, history, timeline, export, verify');
  for (const add of reading) add(system, tools, '/api/audit/system');
}

/** What there is to ask of organizations' events, and of the system scope alike. */
const reading = [addList, addShow, addTail, addStats, addHistory, addTimeline, addExport, addVerify];

const readVersion = (): string =>
  (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }).version;
