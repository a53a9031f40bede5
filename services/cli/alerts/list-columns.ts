import { shortTime } from '../events/columns.js';
import type { Column } from '../output/table.js';
import { groupText } from './common.js';

/** What a list shows of an alert. */
export interface ListedAlert {
  id: string;
  rule_title: string;
  level: string;
  state: string;
  group: Record<string, string>;
  count: number;
  last_seen: string;
}

/** From so many columns on, everything has room in full. */
const wideEnough = 110;
const shortWords: Readonly<Record<string, string>> = { acknowledged: 'ack', informational: 'info' };
const short = (word: string): string => shortWords[word] ?? word;
const units: readonly [name: string, ms: number][] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
];

/** `3h`; `now` within the last minute. */
function age(rfc3339: string, nowMs: number): string {
  const ms = nowMs - Date.parse(rfc3339);
  const [name, unitMs] = units.find(([, unit]) => ms >= unit) ?? [];
  return unitMs === undefined ? 'now' : `${Math.floor(ms / unitMs)}${name}`;
}

/** In a narrow terminal what takes room beside the rule's title is shortened: a title is what an alert is known by. */
export function alertColumns({ width, nowMs }: { width: number; nowMs: number }): Column<ListedAlert>[] {
  const id: Column<ListedAlert> = { title: 'ID', of: (alert) => alert.id.slice(0, 8) };
  if (width >= wideEnough) {
    return [
      id,
      { title: 'LAST SEEN (UTC)', of: ({ last_seen }) => shortTime(last_seen).slice(0, 16) },
      { title: 'STATE', of: ({ state }) => state },
      { title: 'LEVEL', of: ({ level }) => level },
      { title: 'EVENTS', of: ({ count }) => String(count) },
      { title: 'RULE', of: ({ rule_title }) => rule_title, atLeast: 38 },
      { title: 'GROUP', of: ({ group }) => groupText(group), atLeast: 12 },
    ];
  }
  return [
    id,
    { title: 'AGO', of: ({ last_seen }) => age(last_seen, nowMs) },
    { title: 'STATE', of: ({ state }) => short(state) },
    { title: 'LEVEL', of: ({ level }) => short(level) },
    { title: '#', of: ({ count }) => String(count) },
    { title: 'RULE', of: ({ rule_title }) => rule_title, atLeast: 24 },
    { title: 'GROUP', of: ({ group }) => Object.values(group).join(' '), atLeast: 12 },
  ];
}
