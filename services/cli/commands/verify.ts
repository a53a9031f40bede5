import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { exitCodes, usageError } from '../errors.js';
import { inOrder } from '../in-order.js';
import type { Printer } from '../output/printer.js';
import { hang, pad, printable, wrap } from '../output/text.js';
import { describeFollowed, exitCodeOfFollowed, followUrl } from '../verifying/follow-url.js';
import { readState } from '../verifying/state-file.js';
import { readTrust, type TrustOptions, withTrustOptions } from '../verifying/trust-options.js';
import { describeBundle, exitCodeOf, verifyFile } from '../verifying/verify-files.js';
import { type CommonOptions, type Tools, withCommonOptions } from './command.js';

interface Check {
  available: boolean;
  verified?: boolean;
  message?: string;
}

interface Verdict {
  id: string;
  /** pending: the record behind the event is not wholly stored yet. */
  status?: 'verified' | 'failed' | 'pending';
  retry_after_seconds?: number;
  available: boolean;
  verified: boolean;
  message: string;
  checks: Record<string, Check>;
}

/** How long a verdict that is not there yet is asked for again. */
const patienceMs = 10_000;
/** Verdicts asked for at the same time. */
const mostAtOnce = 8;
const nameWidth = 14;
const verdictWidth = 13;

interface VerifyOptions extends CommonOptions, TrustOptions {
  offline?: boolean;
  log?: string;
  state?: string;
}

export function addVerify(parent: Command, tools: Tools, path = '/api/audit'): void {
  withTrustOptions(
    withCommonOptions(
      parent
        .command('verify')
        .description('whether events, evidence bundles or a whole log are as they were signed; exit 3 when one is not')
        .argument(
          '[what...]',
          'bundles (files, - for standard input), judged offline; or ids of events, asked of the gateway',
        )
        .option('--offline', 'all arguments are files; nothing is asked of anybody')
        .option('--log <url>', 'follow a log: it must go on from what it showed the last time')
        .option('--state <file>', 'what was seen of the log so far; with bundles, what they must agree with'),
    ),
  ).action(async (what: string[], options: VerifyOptions) => {
    if (options.log !== undefined) return follow(options, what, tools);
    if (what.length === 0) throw usageError('Name a bundle or an event, or a log with --log.');
    const isFile = (name: string): boolean =>
      options.offline === true || name === '-' || existsSync(resolve(tools.surroundings.cwd, name));
    const files = what.filter(isFile);
    if (files.length > 0 && files.length < what.length) {
      throw usageError(`${what.find((name) => !isFile(name))} is no file, and ${files[0]} is one: verify them apart.`);
    }
    return files.length > 0 ? verifyFiles(files, options, tools) : askGateway(what, options, tools, path);
  });
}

async function follow(options: VerifyOptions, what: readonly string[], tools: Tools): Promise<void> {
  const { printer, surroundings, exitWith } = tools;
  if (what.length > 0) throw usageError('--log follows a log; verify bundles and events apart from it.');
  if (options.state === undefined) throw usageError('--log needs --state FILE: where to remember what was seen.');
  const followed = await followUrl(options.log!, options.state, readTrust(options, surroundings.cwd), surroundings);
  exitWith(exitCodeOfFollowed(followed));
  if (options.output === 'table') return printer.text(describeFollowed(followed, printer));
  return options.output === 'json' ? printer.json(followed) : printer.ndjson(followed);
}

async function verifyFiles(files: readonly string[], options: VerifyOptions, tools: Tools): Promise<void> {
  const { printer, surroundings, exitWith } = tools;
  const given = readTrust(options, surroundings.cwd);
  const state = options.state === undefined ? undefined : readState(resolve(surroundings.cwd, options.state));
  const trust = state
    ? { ...given, seen: state.seen, logKeys: given.logKeys ?? (state.logKeys.length > 0 ? state.logKeys : undefined) }
    : given;
  const verdicts = [];
  for (const file of files) {
    const verdict = await verifyFile(file, trust, surroundings);
    exitWith(exitCodeOf(verdict));
    if (options.output === 'table') await printer.text(describeBundle(file, verdict, printer));
    else if (options.output === 'ndjson') await printer.ndjson({ file, ...verdict });
    else verdicts.push({ file, ...verdict });
  }
  if (options.output === 'json') await printer.json(files.length === 1 ? verdicts[0] : verdicts);
}

async function askGateway(ids: string[], options: CommonOptions, tools: Tools, path: string): Promise<void> {
  const { connect, printer, surroundings, exitWith } = tools;
  const { nowMs, signal } = surroundings;
  const api = connect(options);
  const verdicts: Verdict[] = [];
  const giveUpMs = nowMs() + patienceMs;
  const ask = async (id: string): Promise<Verdict> => {
    for (;;) {
      const verdict = await api.get<Omit<Verdict, 'id'>>(`${path}/${encodeURIComponent(id)}/verify`);
      const waitMs = (verdict.retry_after_seconds ?? 0) * 1_000;
      if (verdict.status !== 'pending' || nowMs() + waitMs > giveUpMs) return { ...verdict, id };
      printer.note(`${id}: its record is not wholly stored yet. Asking again.`);
      await sleep(waitMs, undefined, { signal }).catch((error: unknown) => {
        throw api.failure(error);
      });
    }
  };
  for await (const verdict of inOrder(ids, mostAtOnce, ask)) {
    if (!verdict.verified) exitWith(verdict.available === false ? exitCodes.failed : exitCodes.tampered);
    if (options.output === 'table') await printer.text(describe(verdict, printer));
    else if (options.output === 'ndjson') await printer.ndjson(verdict);
    else verdicts.push(verdict);
  }
  if (options.output === 'json') await printer.json(ids.length === 1 ? verdicts[0] : verdicts);
}

function describe(
  { id, status, verified, available, message, checks }: Verdict,
  { paint, width }: Pick<Printer, 'paint' | 'width'>,
): string {
  const verdict =
    status === 'pending' ? 'NOT YET' : available === false ? 'NOT AVAILABLE' : verified ? 'VERIFIED' : 'TAMPERED';
  const lines = Object.entries(checks).flatMap(([name, check]) => {
    const state = check.available ? (check.verified ? 'verified' : 'FAILED') : 'not available';
    return hang(`  ${pad(name, nameWidth)}${pad(state, verdictWidth)}  `, printable(check.message ?? ''), width);
  });
  const style = available === false ? 'caution' : verified ? 'good' : 'bad';
  const said = Object.values(checks).some((check) => check.message)
    ? lines
    : [...wrap(printable(message), width), ...lines];
  const below = said.map((line) => `${line.trimEnd()}\n`);
  return `${paint(verdict, style)}  ${printable(id)}\n${below.join('')}`;
}
