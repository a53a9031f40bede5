import { useState } from 'preact/hooks';
import { Button } from '../ui/button.js';
import { TextArea } from '../ui/field.js';
import { Time } from '../ui/time.js';
import type { Acting } from './acting.js';
import type { AlertDetail } from './types.js';
import { actionText, byItself, noteOf } from './words.js';

/** Who did what, oldest first, and a place to say something. */
export function AlertHistory({
  alert,
  acting,
  mayChange,
  onCommented,
}: {
  alert: AlertDetail;
  acting: Acting;
  mayChange: boolean;
  onCommented: () => void;
}) {
  const [text, setText] = useState('');
  const [sending, setSending] = useState(false);
  const say = async (): Promise<void> => {
    setSending(true);
    const said = await acting.comment(alert, text.trim());
    setSending(false);
    if (!said) return;
    setText('');
    onCommented();
  };
  return (
    <section class="alert-part" aria-label="History">
      <h3>History</h3>
      <ol class="alert-history">
        <li>
          <Time iso={alert.first_seen} as="moment" />
          <p>
            <span class="soft">it began</span>
          </p>
        </li>
        {alert.actions.map((action) => (
          <li key={action.id}>
            <Time iso={action.at} as="moment" />
            <div>
              <p>
                {!byItself(action) && <b>{action.actor.name || action.actor.id} </b>}
                <span class="soft">{actionText(action)}</span>
              </p>
              {noteOf(action) !== '' && !byItself(action) && <p class="alert-note">{noteOf(action)}</p>}
            </div>
          </li>
        ))}
      </ol>
      {mayChange && (
        <form
          class="alert-comment"
          onSubmit={(event) => {
            event.preventDefault();
            if (text.trim() !== '' && !sending) void say();
          }}
        >
          <TextArea
            label="Comment"
            bare
            rows={2}
            placeholder="What was found out, for whoever looks next"
            value={text}
            onInput={setText}
          />
          <Button type="submit" disabled={text.trim() === '' || sending}>
            Comment
          </Button>
        </form>
      )}
    </section>
  );
}
