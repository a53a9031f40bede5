import type { Judged, OpenedRecord } from '../judge/index.js';
import type { Folder } from '../reading/index.js';
import { CanonicalReader, newEventFields, scanEvent } from '../wire/index.js';
import { eraseFrame, isErasedForm, saltsOfFrame } from './erased-frame.js';
import type { ErasedParts, StandingList } from './standing-list.js';

/**
 * A judged record as it may be kept: where the standing list names parts of it, its frame becomes the ErasedBatch without them, salts
 * and fields likewise. Leaves and judgement stay. While the list is empty it costs one comparison, else a look-up a record.
 */
export function obey(judged: Judged, erased: ErasedParts): Judged {
  if (erased.records === 0 || judged.decoded === undefined) return judged;
  const { headerHash, frame } = judged.decoded;
  const hash = headerHash.toString('hex');
  if (!erased.names(hash)) return judged;
  const salts = judged.opened?.frame.form === 'signed' ? judged.opened.salts : saltsOfFrame(frame);
  const rest = eraseFrame({ frame, salts }, (index, part) => erased.has(hash, index, part));
  if (!rest) return judged;
  const decoded = { ...judged.decoded, frame: rest.frame };
  if (!judged.opened) return { ...judged, decoded };
  const fields = newEventFields(rest.frame.count);
  const reader = new CanonicalReader(rest.frame.value);
  for (const index of judged.accepted) scanEvent(reader, rest.frame, index, fields);
  const opened: OpenedRecord = { ...judged.opened, frame: rest.frame, salts: rest.salts, fields };
  return { ...judged, decoded, opened };
}

/**
 * A folder whose judged records are as they may be kept. Before an ErasedBatch is judged, the list is read anew: what stands in for
 * an erased part may have been named a moment ago.
 */
export const obeyingFolder = (folder: Folder, erased: Pick<StandingList, keyof ErasedParts | 'refresh'>): Folder => ({
  get state() {
    return folder.state;
  },
  foldNow(record) {
    if (isErasedForm(record.value)) return undefined;
    const judged = folder.foldNow(record);
    return judged && obey(judged, erased);
  },
  async fold(record) {
    if (isErasedForm(record.value)) await erased.refresh();
    return obey(await folder.fold(record), erased);
  },
});
