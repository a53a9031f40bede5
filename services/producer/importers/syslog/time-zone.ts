/** Where a local time stands in UTC. Both figures are milliseconds; a local time is counted as if it were UTC. */
export interface Instant {
  utcMs: number;
  /** Clocks jumped over it (`gap`) or passed it twice (`twice`); '' for the ordinary case. */
  note: '' | 'gap' | 'twice';
}

/** The instants that a local time may be: one, or two when clocks went back; in a gap the one by the offset from before it. */
export type TimeZone = (localMs: number) => readonly Instant[];

const dayMs = 86_400_000;
const offset = /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?$/;

/** An IANA name (`Europe/Berlin`) or an offset (`+02:00`). Undefined for anything else. */
export function parseTimeZone(name: string): TimeZone | undefined {
  const given = offset.exec(name);
  if (given) {
    const [, sign, hours, minutes = '0'] = given;
    if (Number(hours) > 18 || Number(minutes) > 59) return undefined;
    const ms = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
    return (localMs) => [{ utcMs: localMs - ms, note: '' }];
  }
  if (/^(UTC|Z|GMT)$/i.test(name)) return (localMs) => [{ utcMs: localMs, note: '' }];
  return namedZone(name);
}

function namedZone(name: string): TimeZone | undefined {
  const offsetAt = offsets(name);
  if (!offsetAt) return undefined;
  const instants = (localMs: number): readonly Instant[] => {
    // No zone changes its offset twice within two days, so these are all the offsets that can hold here.
    const before = offsetAt(localMs - dayMs);
    const after = offsetAt(localMs + dayMs);
    const valid = [...new Set([before, after])].filter((ms) => offsetAt(localMs - ms) === ms);
    if (valid.length === 0) return [{ utcMs: localMs - before, note: 'gap' }];
    const note = valid.length === 2 ? 'twice' : '';
    return valid.map((ms): Instant => ({ utcMs: localMs - ms, note })).sort((a, b) => a.utcMs - b.utcMs);
  };
  return byQuarterHour(instants);
}

/** Clocks change on quarters of an hour, and a log's lines come in order: one look-up serves all lines of a quarter. */
function byQuarterHour(instants: TimeZone): TimeZone {
  const quarterMs = 900_000;
  let quarter: { at: number; instants: readonly Instant[] } | undefined;
  return (localMs) => {
    const at = Math.floor(localMs / quarterMs) * quarterMs;
    if (quarter?.at !== at) quarter = { at, instants: instants(at) };
    return quarter.instants.map(({ utcMs, note }) => ({ utcMs: utcMs + localMs - at, note }));
  };
}

/** UTC milliseconds → how far the zone's clocks are ahead of UTC then, in milliseconds. */
function offsets(name: string): ((utcMs: number) => number) | undefined {
  try {
    const clock = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    return (utcMs) => {
      const part: Record<string, number> = {};
      for (const { type, value } of clock.formatToParts(utcMs)) part[type] = Number(value);
      const local = Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!, part.second!);
      return local - Math.floor(utcMs / 1_000) * 1_000;
    };
  } catch {
    return undefined;
  }
}
