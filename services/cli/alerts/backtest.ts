import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { problemOfAnswer } from '../../client/gateway/problem.js';
import type { Tools } from '../commands/command.js';
import { CliError, usageError } from '../errors.js';
import { shortTime } from '../events/columns.js';
import { ago } from '../events/filters.js';
import type { Api } from '../http/api.js';
import { type AlertOptions, groupText, headersOf, pathOf, withAlertOptions } from './common.js';
import { readRuleFiles } from './rule-files.js';

interface Finding {
  rule: string;
  group: Record<string, string>;
  first_seen: string;
  hits: number;
  count: number;
}

interface Backtest {
  from: string;
  to: string;
  rules: { id: string; title: string; alerts: boolean; matches: number; hits: number; findings: number }[];
  findings_total: number;
  hits_total: number;
  findings: Finding[];
  coverage: {
    events: number;
    read: number;
    way: string;
    complete: boolean;
    cut: { why: string; at: string } | null;
    left_out: Record<string, number>;
    took_ms: number;
  };
  difference: {
    findings: {
      both: number;
      only_old_total: number;
      only_new_total: number;
      only_old: Finding[];
      only_new: Finding[];
    };
    hits: { both: number; only_old_total: number; only_new_total: number };
  } | null;
}

interface Options extends AlertOptions {
  from: string;
  to?: string;
  against?: string;
  againstVersion?: string;
  late: string;
}

const columns = [
  { title: 'FIRST SEEN', of: ({ first_seen }: Finding) => shortTime(first_seen) },
  { title: 'EVENTS', of: ({ count }: Finding) => String(count) },
  { title: 'HITS', of: ({ hits }: Finding) => String(hits) },
  { title: 'RULE', of: ({ rule }: Finding) => rule, atLeast: 10 },
  { title: 'GROUP', of: ({ group }: Finding) => groupText(group), atLeast: 10 },
];
const mostShown = 20;

/** `alerts backtest`: what a rule would have found. */
export function addBacktest(alerts: Command, { connect, printer, surroundings }: Tools): void {
  const command = alerts
    .command('backtest')
    .description('try a rule over history: a file, or a saved one by its id')
    .argument('<file or id>')
    .option('--from <time>', 'since: a time, or so long ago: 2h, 7d', '7d')
    .option('--to <time>', 'until; default: now')
    .option('--against <file or id>', 'compare with: another file, or a saved rule')
    .option('--against-version <n>', 'compare with an older version of the saved rule')
    .addOption(
      new Option('--late <late>', 'events that were recorded long after they occurred')
        .choices(['include', 'exclude'])
        .default('exclude'),
    );
  withAlertOptions(command).action(async (what: string, options: Options) => {
    const now = surroundings.nowMs();
    const isFile = (name: string): boolean => name === '-' || existsSync(resolve(surroundings.cwd, name));
    const textOf = async (name: string): Promise<string> => {
      const sources = await readRuleFiles([name], surroundings);
      return sources.map(({ text }) => text).join('\n---\n');
    };
    const { against, againstVersion, late } = options;
    if (against && againstVersion) throw usageError('Compare with --against or --against-version, not with both.');
    const compared = against && (isFile(against) ? { text: await textOf(against) } : { id: against });
    const body = {
      from: timeOf(options.from, now),
      ...(options.to ? { to: timeOf(options.to, now) } : {}),
      late,
      ...(compared ? { against: compared } : {}),
      ...(againstVersion ? { against: { version: Number(againstVersion) } } : {}),
    };
    const api = connect(options);
    const result = await (isFile(what)
      ? ask(api, '/api/alert-rules/backtest', { text: await textOf(what), ...body }, options)
      : ask(api, pathOf('alert-rules', what, 'backtest'), body, options));
    if (options.output === 'json') return printer.json(result);
    if (options.output === 'ndjson') {
      for (const one of result.findings) await printer.ndjson(one);
      return;
    }
    await print(result);
  });

  /** Line by line, so that the person sees how far it is. */
  const ask = async (api: Api, path: string, body: object, options: Options): Promise<Backtest> => {
    try {
      const response = await fetch(api.gateway.address(path), {
        method: 'POST',
        headers: {
          ...api.gateway.headers(),
          ...headersOf(options),
          'content-type': 'application/json',
          accept: 'application/x-ndjson, application/problem+json',
        },
        body: JSON.stringify(body),
        redirect: 'error',
        signal: api.signal,
      });
      const refused = (text: string, status: number) =>
        problemOfAnswer({ status, contentType: 'application/json', retryAfter: null, body: text });
      if (!response.ok) throw refused(await response.text(), response.status);
      for await (const line of linesOf(response)) {
        const said = JSON.parse(line) as {
          progress?: { done: number };
          result?: Backtest;
          problem?: { status: number };
        };
        if (said.result) return said.result;
        if (said.problem) throw refused(JSON.stringify(said.problem), said.problem.status);
        if (said.progress && surroundings.stdout.isTTY) printer.note(`${Math.round(said.progress.done * 100)} %`);
      }
      throw new CliError('bad_answer', 'The gateway ended the backtest without a result.');
    } catch (error) {
      throw api.failure(error instanceof TypeError ? unreachable(error) : error);
    }
  };

  const print = async ({ from, to, rules, findings, findings_total, hits_total, coverage, difference }: Backtest) => {
    const { events, read, way, cut, left_out, took_ms } = coverage;
    const lines = [
      `${shortTime(from)} to ${shortTime(to)}: ${counted(findings_total, 'alert')}, ${counted(hits_total, 'hit')}`,
      ...rules.map(({ title, matches, hits }) => `  ${title}: ${matches} events match, ${hits} hits`),
      `${events} events, ${read} of them read (${way}), ${took_ms} ms`,
      ...Object.entries(left_out).map(([why, count]) => `${count} took no part: ${why}`),
      ...(cut ? [`Cut (${cut.why}): nothing behind ${shortTime(cut.at)} was looked at`] : []),
      ...(difference
        ? [
            `Alerts of both ${difference.findings.both}, only of the old ${difference.findings.only_old_total}, only of the new ${difference.findings.only_new_total}`,
            `Hits of both ${difference.hits.both}, only of the old ${difference.hits.only_old_total}, only of the new ${difference.hits.only_new_total}`,
          ]
        : []),
    ];
    await printer.text(`${lines.join('\n')}\n`);
    const titles = new Map(rules.map(({ id, title }) => [id, title]));
    const shown = findings.slice(0, mostShown).map((one) => ({ ...one, rule: titles.get(one.rule) ?? one.rule }));
    if (shown.length > 0) await printer.table(columns, shown);
    if (findings_total > mostShown) printer.note(`${findings_total - mostShown} more: -o json`);
  };
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

const unreachable = (cause: Error): CliError =>
  new CliError(
    'unreachable',
    `The gateway cannot be reached: ${(cause.cause as Error | undefined)?.message ?? cause.message}`,
    {
      retriable: true,
      cause,
    },
  );

function timeOf(text: string, nowMs: number): string {
  const time = ago(text, nowMs);
  return /^\d{4}-\d{2}-\d{2}$/.test(time) ? `${time}T00:00:00Z` : time;
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    rest += decoder.decode(chunk as Uint8Array, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== '') yield rest;
}
