/** A time as a line gives it; what is undefined the line does not say. */
export interface Stamp {
  text: string;
  year: number | undefined;
  /** 1–12. */
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  /** Microseconds after the second; digits below are cut. */
  us: number;
  /** `Z`, `+01:00`; undefined for local time. */
  offset: string | undefined;
}

export interface SyslogLine {
  stamp: Stamp;
  host: string;
  /** As written, without its folder: `sshd`, `sshd-session`, `sshd(pam_unix)`. */
  program: string;
  /** '' where the line names none. */
  pid: string;
  message: string;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const time = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)(?:[.,](?<fraction>\d{1,9}))?`;
const bsdStamp = String.raw`(?<monthName>[A-Z][a-z]{2}) +(?<day>\d{1,2}) (?:(?<year>\d{4}) )?${time}`;
const isoStamp = String.raw`(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)[T ]${time}(?<offset>Z|[+-]\d\d:?\d\d)?`;
const tag = String.raw`(?<program>[^\s:[\]]{1,128})(?:\[(?<pid>\d{1,10})\])?`;

/** RFC 3164 as syslog daemons write it to files. */
const bsd = new RegExp(`^(?:<\\d{1,3}>)?(?<stamp>${bsdStamp}) (?<host>\\S{1,255}) ${tag}: ?(?<message>.*)$`, 's');
/** The same with an ISO 8601 time: rsyslog's default on newer distributions, `journalctl -o short-iso`. */
const iso = new RegExp(`^(?:<\\d{1,3}>)?(?<stamp>${isoStamp}) (?<host>\\S{1,255}) ${tag}: ?(?<message>.*)$`, 's');
/** RFC 5424: PRI VERSION TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA MSG. */
const rfc5424 = new RegExp(
  String.raw`^<\d{1,3}>1 (?<stamp>${isoStamp}) (?<host>\S{1,255}) (?<program>\S{1,128}) (?<pid>\S{1,128}) \S{1,32} ` +
    String.raw`(?:-|(?:\[(?:[^\]"\\]|\\.|"(?:[^"\\]|\\.)*")*\])+)(?: \uFEFF?(?<message>.*))?$`,
  's',
);
/** What old syslog daemons write in place of a line that is the same as the one before; it has no tag. */
const repeated = new RegExp(
  `^(?<stamp>${bsdStamp}) (?<host>\\S{1,255}) last message repeated (?<times>\\d{1,9}) times?$`,
);

/** Reads a line of a syslog file. Undefined for a line of any other form. */
export function parseSyslogLine(line: string): SyslogLine | undefined {
  const groups = (bsd.exec(line) ?? rfc5424.exec(line) ?? iso.exec(line))?.groups;
  const stamp = groups && stampOf(groups);
  if (!stamp) return undefined;
  const { host = '', program = '', pid = '', message = '' } = groups;
  return { stamp, host, program: program.slice(program.lastIndexOf('/') + 1), pid: pid === '-' ? '' : pid, message };
}

/** How often the line before happened again, where a line says that and nothing else. */
export function parseRepeat(line: string): { stamp: Stamp; host: string; times: number } | undefined {
  const groups = repeated.exec(line)?.groups;
  const stamp = groups && stampOf(groups);
  return stamp && { stamp, host: groups.host!, times: Number(groups.times) };
}

function stampOf(groups: Record<string, string | undefined>): Stamp | undefined {
  const month = groups.monthName ? months.indexOf(groups.monthName) + 1 : Number(groups.month);
  const [day, hour, minute, second] = [groups.day, groups.hour, groups.minute, groups.second].map(Number);
  if (month < 1 || month > 12 || hour! > 23 || minute! > 59 || second! > 60) return undefined;
  return {
    text: groups.stamp!,
    year: groups.year === undefined ? undefined : Number(groups.year),
    month,
    day: day!,
    hour: hour!,
    minute: minute!,
    // A leap second is counted as the second before it, as POSIX time has none.
    second: Math.min(second!, 59),
    us: Number((groups.fraction ?? '').padEnd(6, '0').slice(0, 6)),
    offset: groups.offset,
  };
}
