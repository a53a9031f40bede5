import { useState } from 'preact/hooks';
import { useLoad } from '../../api/load.js';
import { asProblem } from '../../api/problem.js';
import { Confirm } from '../../manage/dialogs.js';
import { useApp } from '../../shell/app.js';
import { Badge } from '../../ui/badge.js';
import { Button } from '../../ui/button.js';
import { counted, formatNumber } from '../../ui/format.js';
import { Empty, LoadingRows, ProblemState } from '../../ui/states.js';
import { Table } from '../../ui/table.js';
import { Time } from '../../ui/time.js';
import type { DeadLetter } from '../types.js';

interface Page {
  dead_letters: DeadLetter[];
  next_cursor: string | null;
}

/** Messages that reached nobody: why, and to try again or to drop. */
export function DeadLetters() {
  const { api, sessions, toasts } = useApp();
  const path = '/api/alert-channels/dead-letters';
  const { data, problem, again } = useLoad(`dead ${sessions.organization.value ?? ''}`, (signal) =>
    api.get<Page>(path, { limit: 100 }, signal),
  );
  const [later, setLater] = useState<Page>();
  const [busy, setBusy] = useState<string>();
  const [dropping, setDropping] = useState<DeadLetter>();
  const pathOf = ({ delivery_id: id }: DeadLetter): string => `${path}/${encodeURIComponent(id)}`;
  const renew = (): void => {
    setLater(undefined);
    again();
  };

  const redeliver = async (letter: DeadLetter): Promise<void> => {
    setBusy(letter.delivery_id);
    try {
      // It is answered 202 with nothing that could be read.
      await api.raw('POST', `${pathOf(letter)}/redeliver`, { body: {} });
      toasts.good('It waits to be sent again');
      renew();
    } catch (error) {
      toasts.bad(asProblem(error).message);
    }
    setBusy(undefined);
  };
  const more = async (): Promise<void> => {
    try {
      const page = await api.get<Page>(path, { limit: 100, cursor: (later ?? data)!.next_cursor });
      setLater({ ...page, dead_letters: [...(later?.dead_letters ?? []), ...page.dead_letters] });
    } catch (error) {
      toasts.bad(asProblem(error).message);
    }
  };
  if (problem && !data) return <ProblemState problem={problem} again={again} />;
  if (!data) return <LoadingRows label="Loading what was not delivered" />;
  const rows = [...data.dead_letters, ...(later?.dead_letters ?? [])];
  if (rows.length === 0) {
    return (
      <Empty icon="check" title="Everything was delivered">
        What reaches nobody after many tries is kept here for 90 days.
      </Empty>
    );
  }
  return (
    <>
      <Table<DeadLetter>
        caption="Messages that reached nobody"
        rows={rows}
        keyOf={({ delivery_id }) => delivery_id}
        columns={[
          { name: 'died', label: 'Given up', cell: ({ died_at }) => <Time iso={died_at} /> },
          { name: 'channel', label: 'Channel', lead: true, cell: ({ channel_name }) => channel_name },
          {
            name: 'why',
            label: 'Why',
            wrap: true,
            cell: ({ reason, status, answer }) => (
              <span>
                <Badge tone="bad" shape="cross">
                  {reason.replaceAll('_', ' ')}
                </Badge>{' '}
                <span class="faint">
                  {status > 0 && `${status} `}
                  {answer}
                </span>
              </span>
            ),
          },
          { name: 'attempts', label: 'Tries', number: true, cell: ({ attempts }) => formatNumber(attempts) },
          { name: 'alerts', label: 'Alerts', number: true, cell: ({ alerts }) => formatNumber(alerts) },
          {
            name: 'acts',
            label: '',
            cell: (letter) => (
              <span class="dead-acts">
                {letter.redelivered_at ? (
                  <span class="faint">
                    sent again <Time iso={letter.redelivered_at} />
                  </span>
                ) : (
                  <Button
                    small
                    icon="refresh"
                    disabled={busy === letter.delivery_id}
                    onClick={() => void redeliver(letter)}
                  >
                    Send again
                  </Button>
                )}
                <Button
                  small
                  look="quiet"
                  icon="trash"
                  label="Drop it"
                  disabled={busy === letter.delivery_id}
                  onClick={() => setDropping(letter)}
                />
              </span>
            ),
          },
        ]}
      />
      {dropping && (
        <Confirm
          title="Drop what was not delivered?"
          action="Drop"
          onClose={() => setDropping(undefined)}
          onConfirm={async () => {
            await api.delete(pathOf(dropping));
            toasts.good('Dropped');
            renew();
          }}
        >
          <p>
            “{dropping.channel_name}” is never told of {counted(dropping.alerts, 'alert')}. The alerts themselves stay.
          </p>
        </Confirm>
      )}
      {(later ?? data).next_cursor !== null && (
        <p class="alerts-note">
          <Button onClick={() => void more()}>Show more</Button>
        </p>
      )}
    </>
  );
}
