import {
  bodyOf,
  type ErasedParts,
  eraseFrame,
  isErasedForm,
  type OpenFrame,
  partOf,
  readFrame,
  saltsOfFrame,
} from '../../core/erasure/index.js';
import { type EventView, viewOf } from '../../core/event/index.js';
import { headerHash } from '../../core/seal/index.js';
import { decodeEvent, decodeHeader, type Header } from '../../core/wire/index.js';

/** A record that was set aside, as far as it can be taken apart. */
export interface Contents {
  open: OpenFrame | undefined;
  header: Header | undefined;
}

export function openContents(value: Buffer): Contents {
  const open = readable(() => {
    const frame = readFrame(value);
    return { frame, salts: saltsOfFrame(frame) };
  });
  return { open, header: open && readable(() => decodeHeader(open.frame.header)) };
}

/** Of the values that an erasure leaves for a moment side by side, the one with less in it. */
export const leastOf = (values: readonly Buffer[]): Buffer | undefined => values.find(isErasedForm) ?? values[0];

/** The bytes as they may be published: their ErasedBatch where the list names parts of them. */
export function obeyingBytes(value: Buffer, erased: ErasedParts): Buffer {
  const { open } = openContents(value);
  if (!open || erased.records === 0) return value;
  const hash = headerHash(open.frame.header).toString('hex');
  if (!erased.names(hash)) return value;
  return eraseFrame(open, (index, part) => erased.has(hash, index, part))?.frame.value ?? value;
}

/** An event as answers show it; undefined where it cannot be read. Nobody has judged it. */
export function eventAt(open: OpenFrame, index: number): EventView | undefined {
  return readable(() => {
    const [identity, content] = [partOf(open, index, 'identity'), partOf(open, index, 'content')];
    const event = decodeEvent({ body: bodyOf(open.frame, index), identity: identity.bytes, content: content.bytes });
    const gone = [...(identity.erased ? ['identity' as const] : []), ...(content.erased ? ['content' as const] : [])];
    return viewOf(gone.length === 0 ? event : { ...event, erased: gone });
  });
}

function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    // What was refused may be malformed in any way.
    return undefined;
  }
}
