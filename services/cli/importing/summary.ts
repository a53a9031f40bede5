import { fit, pad, printable, wrap } from '../output/text.js';
import type { Sent } from './send.js';
import { byCount, type Example, type Tally, totalOf } from './tally.js';

/** What an import came to. */
export interface Outcome {
  source: string;
  organization: string;
  tally: Tally;
  /** Undefined for a dry run. */
  sent: Sent | undefined;
  /** Things to know that the counts do not say. */
  hints: readonly string[];
  elapsedMs: number;
}

/** Nothing that is an event was left out. */
export const isComplete = ({ tally, sent }: Outcome): boolean =>
  tally.refused.size === 0 && (sent === undefined || (sent.refused.length === 0 && sent.stopped === undefined));

const labelWidth = 24;
const countWidth = 9;
const mostNames = 4;

export function renderSummary(outcome: Outcome, width: number): string {
  const { tally, sent } = outcome;
  const line = (label: string, count: number, beside = ''): string =>
    fit(`  ${pad(label, labelWidth)}${String(count).padStart(countWidth)}   ${beside}`, width).trimEnd();
  const counted = (label: string, counts: ReadonlyMap<string, number>): string[] =>
    counts.size === 0 ? [] : [line(label, totalOf(counts), names(counts))];
  const examples = (found: readonly Example[]): string[] =>
    found.map(({ line: number, text, detail }) => fit(`    line ${number}: ${printable(detail ?? text)}`, width));
  const lines = [
    headline(outcome),
    '',
    ...byCount(tally.actions).map(([action, count]) =>
      line(action, count, action === 'auth.login_failed' ? names(tally.reasons) : ''),
    ),
    ...(tally.span
      ? [fit(`  ${pad('from', labelWidth)}${toSecond(tally.span.first)} to ${toSecond(tally.span.last)}`, width)]
      : []),
    line('lines', tally.lines),
    line('lines with events', tally.eventLines),
    ...counted('known, no event', tally.known),
    ...counted('of other programs', tally.other),
    line('unknown', totalOf(tally.unknown), tally.unknown.size === 0 ? '' : `${tally.unknown.size} kind(s)`),
    ...byCount(tally.unknown)
      .slice(0, mostNames)
      .map(([template, count]) => fit(`    ${count} × ${printable(template)}`, width)),
    ...examples(tally.unknownExamples),
    ...counted('events not imported', tally.refused),
    ...examples(tally.refusedExamples),
    ...counted('notes', tally.notes),
    ...(sent ? failures(sent) : []),
    ...outcome.hints.flatMap((hint) => ['', ...hint.split('\n').flatMap((one) => wrap(one, width))]),
    '',
    closing(outcome),
  ];
  return `${lines.join('\n')}\n`;
}

/** Without the fraction of the second. */
const toSecond = (rfc3339: string): string => rfc3339.replace(/\.\d+/, '');

const names = (counts: ReadonlyMap<string, number>): string => {
  const shown = byCount(counts)
    .slice(0, mostNames)
    .map(([name, count]) => `${printable(name)} ${count}`);
  return counts.size > mostNames ? `${shown.join(', ')}, …` : shown.join(', ');
};

function headline({ source, organization, tally, sent, elapsedMs }: Outcome): string {
  const seconds = (elapsedMs / 1_000).toFixed(1);
  if (!sent)
    return `Dry run: ${source} holds ${tally.events} events for ${organization} (${seconds} s). Nothing was sent.`;
  const verb = sent.stopped ? 'Stopped' : 'Imported';
  const before = sent.present > 0 ? `, ${sent.present} were there before` : '';
  return `${verb}: ${sent.events} events from ${source} into ${organization}${before} (${seconds} s).`;
}

function failures({ refused, stopped }: Sent): string[] {
  const lines = refused.map(
    ({ part, error }) =>
      `\nThe gateway refused the ${part.events.length} events of lines ${part.firstLine}–${part.lastLine}:\n${error.message}`,
  );
  return stopped ? [...lines, `\n${stopped.message}`] : lines;
}

function closing(outcome: Outcome): string {
  if (!outcome.sent) return 'Run it without --dry-run to import.';
  if (outcome.sent.stopped) return 'Run the same import again to go on: what is in already is not taken twice.';
  return 'Running the same import again changes nothing.';
}

/** The same for programs. */
export function summaryJson(outcome: Outcome): Record<string, unknown> {
  const { source, organization, tally, sent, hints, elapsedMs } = outcome;
  const { actions, reasons, known, other, unknown, refused, notes } = tally;
  const counts = Object.fromEntries(
    Object.entries({ actions, reasons, known, other, unknown, refused, notes }).map(([name, map]) => [
      name,
      Object.fromEntries(byCount(map as ReadonlyMap<string, number>)),
    ]),
  );
  return {
    source,
    organization,
    complete: isComplete(outcome),
    events: tally.events,
    sent: sent?.events ?? 0,
    present: sent?.present ?? 0,
    requests: sent?.requests ?? 0,
    lines: tally.lines,
    event_lines: tally.eventLines,
    ...counts,
    unknown_examples: tally.unknownExamples,
    refused_examples: tally.refusedExamples,
    failures: [
      ...(sent?.refused ?? []).map(({ part, error }) => ({
        lines: [part.firstLine, part.lastLine],
        message: error.message,
      })),
      ...(sent?.stopped ? [{ message: sent.stopped.message }] : []),
    ],
    hints,
    elapsed_ms: Math.round(elapsedMs),
  };
}
