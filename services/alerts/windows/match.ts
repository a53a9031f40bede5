/** An entry into one window, made of an event: which window, as which of its rules, in which group, with which value. */
export interface Entry {
  /** Id of the rule whose window it is. */
  rule: string;
  /** Which of the rules that the correlation refers to; 0 where the window is a detection's own. */
  input: number;
  group: readonly string[];
  value: MatchValue;
  /** Where a hit of this window at this event goes on to. */
  feeds: readonly Entry[];
}

/** What is counted, added up, looked for or measured; null where the window needs nothing but the event. */
export type MatchValue = string | number | Place | null;

/** Degrees north and east, and where known the ISO 3166 code of the country. */
export interface Place {
  lat: number;
  lon: number;
  country?: string;
}

/** One entry as its window keeps it. */
export interface WindowMatch {
  /** `occurred_at`, microseconds since 1970. */
  timeUs: number;
  /** UUID. */
  eventId: string;
  input: number;
  value: MatchValue;
  feeds: readonly Entry[];
}

/** All entries of one event into a window: judged together, because the event cannot come before itself. */
export interface Moment {
  timeUs: number;
  eventId: string;
  /** By input, ascending. */
  matches: readonly WindowMatch[];
}

/** The one order in which windows see events, whatever the order of their arrival: time, then id. */
export const compareMatches = (a: WindowMatch, b: WindowMatch): number =>
  a.timeUs - b.timeUs || compareText(a.eventId, b.eventId) || a.input - b.input;

export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Sorted, each entry once, however often it came. */
export function momentsOf(matches: readonly WindowMatch[]): Moment[] {
  const moments: { timeUs: number; eventId: string; matches: WindowMatch[] }[] = [];
  for (const match of [...matches].sort(compareMatches)) {
    const last = moments.at(-1);
    if (last?.eventId !== match.eventId || last.timeUs !== match.timeUs) {
      moments.push({ timeUs: match.timeUs, eventId: match.eventId, matches: [match] });
    } else if (last.matches.at(-1)!.input !== match.input) last.matches.push(match);
  }
  return moments;
}

type PackedEntry = [rule: string, input: number, group: readonly string[], value: MatchValue, feeds: PackedEntry[]];

const pack = ({ rule, input, group, value, feeds }: Entry): PackedEntry => [rule, input, group, value, feeds.map(pack)];
const unpack = ([rule, input, group, value, feeds]: PackedEntry): Entry => ({
  rule,
  input,
  group,
  value,
  feeds: feeds.map(unpack),
});

/** A match as text without its time. The same match gives the same text, so that a set holds it once. */
export const encodeMatch = ({ eventId, input, value, feeds }: WindowMatch): string =>
  JSON.stringify(feeds.length > 0 ? [eventId, input, value, feeds.map(pack)] : [eventId, input, value]);

export function decodeMatch(text: string, timeUs: number): WindowMatch {
  const [eventId, input, value, feeds = []] = JSON.parse(text) as [string, number, MatchValue, PackedEntry[]?];
  return { timeUs, eventId, input, value, feeds: feeds.map(unpack) };
}
