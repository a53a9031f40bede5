import type { EventInput } from '../../../core/event/index.js';
import type { Importer, ImportItem, ImportNote, ImportOptions, RefusalReason } from '../importer.js';
import { createSyslogClock, type SyslogClock } from '../syslog/clock.js';
import { parseRepeat, parseSyslogLine, type Stamp, type SyslogLine } from '../syslog/line.js';
import { templateOf } from '../template.js';
import { type Attempt, parseAttempt } from './attempt.js';
import { attemptEvent } from './events.js';
import { knownLine } from './known-lines.js';
import { parsePamFailure } from './pam.js';

/** OpenSSH's own programs; since 9.8 `sshd-session` speaks for a connection, since 10.0 `sshd-auth` too. */
const sshPrograms = /^sshd(?:-session|-auth)?(?<pam>\(pam_\w+\))?$/;
/** What rsyslog writes for lines that came again. */
const wrapped = /^message repeated (\d{1,9}) times: \[ ?(.*)\]$/s;
/** More repeats than this in one line are no count that a log daemon wrote. */
const mostRepeats = 100_000;

/** A line's own words, and how many times it says they were said. */
interface Said {
  line: SyslogLine;
  message: string;
  times: number;
  repeated: boolean;
}

/**
 * OpenSSH's lines in syslog files. Every attempt to log in gives one event: `Accepted` and `Failed` lines are the attempts, and lines
 * that come with them (`Invalid user`, `pam_unix`, `Connection closed` …) give none, so that nothing is counted twice.
 *
 * `Failed none` gives no event either: with it a client asks which methods there are, before it has shown any credential.
 * With `failures: 'pam'` PAM's lines are the failed attempts and sshd's `Failed` lines give none, for files that hold only PAM's.
 */
export const sshdImporter: Importer = {
  format: 'sshd',
  title: 'OpenSSH (sshd) lines in a syslog file, such as /var/log/auth.log',
  async *parse(lines, options) {
    const clock = createSyslogClock(options);
    let number = 0;
    let before: Said | undefined;
    for await (const text of lines) {
      number += 1;
      const raw = text.toWellFormed();
      const said = hear(raw, before);
      before = said;
      if (raw.trim() === '') yield { kind: 'known', line: number, template: 'blank line' };
      else yield said ? itemOf(said, { raw, number, clock, options }) : unknown(number, raw);
    }
  },
};

function hear(raw: string, before: Said | undefined): Said | undefined {
  const repeat = parseRepeat(raw);
  if (repeat) {
    // An old daemon's way of not writing the line before again: it says so once for all of them.
    if (before?.line.host !== repeat.host) return undefined;
    return { ...before, line: { ...before.line, stamp: repeat.stamp }, times: repeat.times, repeated: true };
  }
  const line = parseSyslogLine(raw);
  if (!line) return undefined;
  const again = wrapped.exec(line.message);
  return again
    ? { line, message: again[2]!, times: Number(again[1]), repeated: true }
    : { line, message: line.message, times: 1, repeated: false };
}

interface Context {
  raw: string;
  number: number;
  clock: SyslogClock;
  options: ImportOptions;
}

function itemOf(said: Said, { raw, number, clock, options }: Context): ImportItem {
  const { line, times } = said;
  // Every line moves the clock, whoever wrote it: the year is told from the line before.
  const time = clock.read(line.stamp);
  const program = sshPrograms.exec(line.program);
  if (!program) return { kind: 'other', line: number, program: line.program };
  // Before pam_unix wrote its own name into the text, it stood with the program's: sshd(pam_unix)[123].
  const message = program.groups?.pam ? `${program.groups.pam.slice(1, -1)}(sshd): ${said.message}` : said.message;
  const read = (options.failures === 'pam' ? pamAttempt : sshdAttempt)(message);
  if (!read) {
    const template = knownLine(message);
    return template ? { kind: 'known', line: number, template } : unknown(number, raw, message);
  }
  if ('known' in read) return { kind: 'known', line: number, template: read.known };
  const count = times * read.times;
  if (count > mostRepeats || count < 1)
    return refused(number, raw, 'too many repeats', `stands for ${count} attempts, at most ${mostRepeats}`);
  if ('fault' in time) return refused(number, raw, time.fault, time.detail);
  const notes: ImportNote[] = time.note ? [time.note] : [];
  if (read.attempt.address === undefined) notes.push('ambiguous_address');
  const repeated = said.repeated || read.times > 1 ? count : undefined;
  const { host, pid } = line;
  const event = attemptEvent(read.attempt, { line: number, us: time.us, host, pid, raw, repeated, notes }, options);
  return {
    kind: 'events',
    line: number,
    events: Array<EventInput>(count).fill(event),
    notes,
    assumed: assumedOf(line.stamp),
  };
}

type Read = { attempt: Attempt; times: number } | { known: string };

function sshdAttempt(message: string): Read | undefined {
  const attempt = parseAttempt(message);
  if (!attempt) return undefined;
  if (attempt.verdict === 'Postponed' || attempt.verdict === 'Partial') return { known: attempt.verdict };
  if (attempt.verdict === 'Failed' && attempt.method === 'none') return { known: 'Failed none' };
  return { attempt, times: 1 };
}

function pamAttempt(message: string): Read | undefined {
  const read = sshdAttempt(message);
  if (read) return 'attempt' in read && read.attempt.verdict === 'Failed' ? { known: 'Failed …' } : read;
  const failure = parsePamFailure(message);
  if (!failure) return undefined;
  const { user, address, times } = failure;
  const attempt: Attempt = {
    verdict: 'Failed',
    method: 'password',
    invalidUser: user === '',
    user,
    address: address === '' ? 'UNKNOWN' : address,
    port: undefined,
    key: undefined,
  };
  return { attempt, times };
}

const assumedOf = ({ year, offset }: Stamp): ('year' | 'zone')[] => [
  ...(year === undefined ? (['year'] as const) : []),
  ...(offset === undefined ? (['zone'] as const) : []),
];

const unknown = (line: number, raw: string, message = raw): ImportItem => ({
  kind: 'unknown',
  line,
  template: templateOf(message),
  text: raw,
});

const refused = (line: number, text: string, reason: RefusalReason, detail: string): ImportItem => ({
  kind: 'refused',
  line,
  reason,
  detail,
  text,
});
