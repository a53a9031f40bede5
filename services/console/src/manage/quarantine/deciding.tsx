import { useState } from 'preact/hooks';
import { useApp } from '../../shell/app.js';
import { TextArea } from '../../ui/field.js';
import { counted } from '../../ui/format.js';
import { Confirm, FormDialog } from '../dialogs.js';
import type { Done, Quarantined } from './types.js';
import { doneWord, placeOf, reasonWord } from './words.js';

export type Decision = 'release' | 'discard';

/** Asks once more, does it, and says what became of it. */
export function Deciding({
  decision,
  records,
  onClose,
  onDone,
}: {
  decision: Decision;
  records: readonly Quarantined[];
  onClose: () => void;
  onDone: () => void;
}) {
  const { api, toasts } = useApp();
  const [reason, setReason] = useState('');
  const places = records.map(({ partition, offset, incarnation }) => ({ partition, offset, incarnation }));
  const send = async (body: object, did: string): Promise<void> => {
    const done = await api.post<Done>(`/api/quarantine/${decision}`, { records: places, ...body });
    const say = done.records.every((one) => one.done) ? toasts.good : toasts.bad;
    say(doneWord(done, did));
    onDone();
  };
  const what = counted(records.length, 'record');
  const those = (
    <p>
      {[...new Set(records.map(({ reason }) => reasonWord(reason)))].slice(0, 5).join(', ')}:{' '}
      <span class="mono">{records.slice(0, 10).map(placeOf).join(', ')}</span>
      {records.length > 10 && ` and ${records.length - 10} more`}
    </p>
  );
  if (decision === 'discard') {
    return (
      <FormDialog
        title={`Discard ${what}`}
        submit="Discard"
        needs={{ 'the reason': reason.trim() !== '' }}
        onClose={onClose}
        onSubmit={() => send({ reason: reason.trim() }, 'discarded')}
      >
        {() => (
          <>
            {those}
            <p>
              {records.length === 1
                ? 'It can no longer be released. Its bytes stay, and who discarded it is written down.'
                : 'They can no longer be released. Their bytes stay, and who discarded them is written down.'}
            </p>
            <TextArea
              label={`Why nobody will want ${records.length === 1 ? 'it' : 'them'}`}
              hint="Kept for ever: no personal data"
              rows={3}
              value={reason}
              onInput={setReason}
            />
          </>
        )}
      </FormDialog>
    );
  }
  return (
    <Confirm title={`Release ${what}`} action="Release" onClose={onClose} onConfirm={() => send({}, 'published again')}>
      {those}
      <p>
        The same bytes are published to the same partition again, and judged as any other record. What is accepted is in
        the log for good.
      </p>
    </Confirm>
  );
}
