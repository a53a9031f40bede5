import type { EventInput } from '../../core/event/index.js';
import type { OpaqueIds } from './opaque-ids.js';

/** What every importer is told. What a log does not say itself (organization, year, time zone) comes from here. */
export interface ImportOptions {
  organization: string;
  /** The events' `service`; each format has a default of its own. */
  service?: string | undefined;
  /** Turns names into ids that say nothing. */
  ids: OpaqueIds;
  /** The year of the first line, for logs whose times carry none. Absent: the newest year that puts it in the past. */
  year?: number | undefined;
  /** IANA name or offset (`+02:00`), for times that carry none. */
  timeZone: string;
  /** Which lines count as failed logins; see sshd/importer.ts. */
  failures?: 'sshd' | 'pam' | undefined;
  /** Milliseconds since 1970: nothing in a log happened later. */
  nowMs: number;
}

/** What became of one line. Every line read gives exactly one item, so that a sum over them is the number of lines. */
export type ImportItem =
  /** One event, or as many as a line says it stands for. */
  | {
      kind: 'events';
      line: number;
      events: readonly EventInput[];
      notes: readonly ImportNote[];
      /** What the line's time did not say and the options had to. */
      assumed: readonly ('year' | 'zone')[];
    }
  /** A line of this format that says nothing which another line's event does not. */
  | { kind: 'known'; line: number; template: string }
  /** A line that another program wrote into the same file. */
  | { kind: 'other'; line: number; program: string }
  /** A line that nobody foresaw. `template` is its text with the varying parts taken out. */
  | { kind: 'unknown'; line: number; template: string; text: string }
  /** A line that is an event of this format and cannot become one. */
  | { kind: 'refused'; line: number; reason: RefusalReason; detail: string; text: string };

export type RefusalReason = 'in the future' | 'before 1970' | 'no such date' | 'too many repeats';

/** Something about an event's line that a reader of the result should know. */
export type ImportNote =
  /** The local time does not exist (clocks went forward): read with the offset from before. */
  | 'time_in_gap'
  /** The local time exists twice (clocks went back): the one that follows the line before. */
  | 'time_twice'
  /** The address cannot be told from text that the client chose. */
  | 'ambiguous_address';

/** Reads one format. Pure: the same lines and options give the same items, whenever and wherever it runs. */
export interface Importer {
  readonly format: string;
  readonly title: string;
  parse(lines: AsyncIterable<string>, options: ImportOptions): AsyncIterable<ImportItem>;
}
