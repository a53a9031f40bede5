import { useState } from 'preact/hooks';
import { useApp } from '../shell/app.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { Field } from '../ui/field.js';
import type { Acting } from './acting.js';
import type { Alert } from './types.js';

/** Who deals with it: to oneself in one step, to others by name. */
export function Assignee({ alert, acting, mayChange }: { alert: Alert; acting: Acting; mayChange: boolean }) {
  const { sessions } = useApp();
  const [asking, setAsking] = useState(false);
  const [name, setName] = useState('');
  const me = sessions.session.value?.name ?? '';
  const { assigned_to: whom = '' } = alert;
  return (
    <span class="alert-assignee">
      {whom === '' ? <span class="faint">nobody</span> : <span class="cut">{whom}</span>}
      {mayChange && me !== '' && whom !== me && (
        <Button look="quiet" small onClick={() => void acting.assign(alert, me)}>
          Take it
        </Button>
      )}
      {mayChange && (
        <Button
          look="quiet"
          small
          onClick={() => {
            setName(whom);
            setAsking(true);
          }}
        >
          {whom === '' ? 'Give to' : 'Change'}
        </Button>
      )}
      {asking && (
        <Dialog title="Who deals with it" onClose={() => setAsking(false)}>
          <form
            class="form"
            onSubmit={(event) => {
              event.preventDefault();
              setAsking(false);
              void acting.assign(alert, name.trim());
            }}
          >
            <Field
              label="Person or team"
              hint="By the name that people here know. Empty: nobody."
              maxLength={256}
              value={name}
              onInput={setName}
            />
            <div class="form-end">
              <Button onClick={() => setAsking(false)}>Cancel</Button>
              <Button type="submit" look="primary">
                Save
              </Button>
            </div>
          </form>
        </Dialog>
      )}
    </span>
  );
}
