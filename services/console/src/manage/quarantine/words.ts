import { counted } from '../../ui/format.js';
import type { Done, Quarantined } from './types.js';

/** A record by its place: `0/4711`. */
export const placeOf = ({ partition, offset }: Pick<Quarantined, 'partition' | 'offset'>): string =>
  `${partition}/${offset}`;

/** A place as the address has it; undefined for what is none. */
export function readPlace(text: string): { partition: number; offset: number } | undefined {
  const [, partition, offset] = /^(\d{1,10})\/(\d{1,15})$/.exec(text) ?? [];
  return partition === undefined ? undefined : { partition: Number(partition), offset: Number(offset) };
}

/** `unknown_key`: the code as a phrase. */
export const reasonWord = (code: string): string => code.replaceAll('_', ' ');

/** What was refused: all of it, or how much. */
export function refusedWord({ disposition, refused_events, header }: Quarantined): string {
  if (disposition === 'partial') return `${refused_events} of ${counted(header?.count ?? refused_events, 'event')}`;
  if (!header) return 'a record';
  // Of a lane that begins, stands or ends.
  return header.count === 0 ? `${header.kind} record` : counted(header.count, 'event');
}

export interface StateWord {
  tone: 'good' | 'bad' | 'warn' | 'note' | 'plain';
  shape: 'disc' | 'cross' | 'bar' | 'triangle' | 'half';
  word: string;
}

/** The state and, where something became of a release, what. */
export function stateWord({ state, outcome }: Pick<Quarantined, 'state' | 'outcome'>): StateWord {
  if (state === 'discarded') return { tone: 'plain', shape: 'bar', word: 'discarded' };
  switch (outcome?.kind) {
    case 'under_way':
      return { tone: 'note', shape: 'half', word: 'under way' };
    case 'accepted':
      return { tone: 'good', shape: 'disc', word: 'accepted' };
    case 'accepted_in_part':
      return { tone: 'warn', shape: 'half', word: 'accepted in part' };
    case 'refused_again':
      return { tone: 'bad', shape: 'cross', word: 'refused again' };
    default:
      return { tone: 'warn', shape: 'triangle', word: state };
  }
}

/** What became of it, in a sentence; undefined where nothing did. */
export function becameOf({ partition, state, outcome }: Quarantined): string | undefined {
  const at = `partition ${partition}, offset ${outcome?.offset}`;
  switch (outcome?.kind) {
    case 'under_way':
      return 'It was published again and is not stored yet.';
    case 'accepted':
      return `What was refused was accepted at ${at}.`;
    case 'accepted_in_part':
      return state === 'released'
        ? `Part of it was accepted at ${at}; the rest was set aside there again.`
        : `Part of what was refused was accepted at ${at}; the rest is still open.`;
    case 'refused_again':
      return `It was published again and refused at ${at}${outcome.reason ? ` (${reasonWord(outcome.reason)})` : ''}.`;
    default:
      return undefined;
  }
}

/** How a release or a discard ended, for a message. */
export function doneWord({ records }: Done, did: string): string {
  const done = records.filter((one) => one.done).length;
  const not = records.length - done;
  const first = records.find((one) => !one.done)?.refusal;
  return `${counted(done, 'record')} ${did}${not > 0 ? `; ${not} not: ${first?.detail ?? ''}` : ''}`;
}

/** Bytes of a line, and lines at most: what is beyond is in the download. */
export const hexLimits = { bytesOfLine: 16, lines: 64 };

export interface HexLine {
  at: string;
  hex: string;
  text: string;
}

/** The beginning of bytes as every hex viewer shows them. */
export function hexLines(bytes: Uint8Array): HexLine[] {
  const { bytesOfLine, lines } = hexLimits;
  const count = Math.min(lines, Math.ceil(bytes.length / bytesOfLine));
  return Array.from({ length: count }, (_, line) => {
    const part = [...bytes.subarray(line * bytesOfLine, (line + 1) * bytesOfLine)];
    return {
      at: (line * bytesOfLine).toString(16).padStart(6, '0'),
      hex: part.map((byte) => byte.toString(16).padStart(2, '0')).join(' '),
      text: part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join(''),
    };
  });
}
