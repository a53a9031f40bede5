import type { Command } from 'commander';
import { exitCodes } from '../errors.js';
import { inOrder } from '../in-order.js';
import type { Paint } from '../output/style.js';
import { pad, printable } from '../output/text.js';
import { type CommonOptions, type Tools, withCommonOptions } from './command.js';

interface Check {
  available: boolean;
  verified?: boolean;
  message?: string;
}

interface Verdict {
  id: string;
  available: boolean;
  verified: boolean;
  message: string;
  checks: Record<string, Check>;
}

/** Verdicts asked for at the same time. */
const mostAtOnce = 8;
const nameWidth = 14;
const verdictWidth = 13;

export function addVerify(parent: Command, tools: Tools, path = '/api/audit'): void {
  withCommonOptions(
    parent
      .command('verify')
      .description('whether events are as they were signed; exit 3 when one is not')
      .argument('<id...>', 'ids of events'),
  ).action(async (ids: string[], options: CommonOptions) => {
    const { connect, printer, exitWith } = tools;
    const api = connect(options);
    const verdicts: Verdict[] = [];
    const ask = async (id: string): Promise<Verdict> => ({
      ...(await api.get<Omit<Verdict, 'id'>>(`${path}/${encodeURIComponent(id)}/verify`)),
      id,
    });
    for await (const verdict of inOrder(ids, mostAtOnce, ask)) {
      if (!verdict.verified) exitWith(verdict.available === false ? exitCodes.failed : exitCodes.tampered);
      if (options.output === 'table') await printer.text(describe(verdict, printer.paint));
      else if (options.output === 'ndjson') await printer.ndjson(verdict);
      else verdicts.push(verdict);
    }
    if (options.output === 'json') await printer.json(ids.length === 1 ? verdicts[0] : verdicts);
  });
}

function describe({ id, verified, available, message, checks }: Verdict, paint: Paint): string {
  const verdict = available === false ? 'NOT AVAILABLE' : verified ? 'VERIFIED' : 'TAMPERED';
  const lines = Object.entries(checks).map(([name, check]) => {
    const state = check.available ? (check.verified ? 'verified' : 'FAILED') : 'not available';
    return `  ${pad(name, nameWidth)}${pad(state, verdictWidth)}${check.message ? `  ${check.message}` : ''}`;
  });
  const style = available === false ? 'caution' : verified ? 'good' : 'bad';
  const said = Object.values(checks).some((check) => check.message) ? lines : [message, ...lines];
  const below = said.map((line) => `${printable(line).trimEnd()}\n`);
  return `${paint(verdict, style)}  ${printable(id)}\n${below.join('')}`;
}
