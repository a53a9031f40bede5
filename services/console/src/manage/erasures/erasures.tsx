import '../manage.css';
import { useState } from 'preact/hooks';
import { useLoad } from '../../api/load.js';
import { useRefresh } from '../../overview/refresh.js';
import { useApp, useKeys } from '../../shell/app.js';
import { Badge } from '../../ui/badge.js';
import { Button, ButtonLink } from '../../ui/button.js';
import { counted, formatNumber } from '../../ui/format.js';
import { Icon } from '../../ui/icon.js';
import { Empty, LoadingRows, ProblemState, ProgressBar } from '../../ui/states.js';
import { Time } from '../../ui/time.js';
import { Value } from '../../ui/value.js';
import { OrganizationNames } from '../choosing.js';
import { type Erasure, shareDone, stateWords } from './erasure.js';
import { NewErasure } from './new-erasure.js';

const page = 50;
const [busyMs, idleMs] = [2_000, 60_000];

/** Erasures, the newest first, and how far each is. */
export default function Erasures() {
  const { api, router, toasts } = useApp();
  const before = router.text('before');
  const { data, problem, again } = useLoad(`erasures ${before}`, (signal) =>
    api.get<{ erasures: Erasure[] }>('/api/erasures', { limit: page, before }, signal),
  );
  const [open, setOpen] = useState(false);
  const list = data?.erasures ?? [];
  useRefresh(again, list.some(({ state }) => state !== 'done') ? busyMs : idleMs);
  useKeys([{ key: 'n', does: 'Erase data about a person', run: () => setOpen(true) }]);
  return (
    <div class="manage">
      <header class="page-head">
        <h1>Erasures</h1>
        {problem && data && <span class="faint">Could not look again: {problem.title}</span>}
        <Button look="primary" icon="erase" onClick={() => setOpen(true)}>
          Erase
        </Button>
      </header>
      {problem && !data ? (
        <ProblemState problem={problem} again={again} />
      ) : !data ? (
        <LoadingRows label="Loading erasures" />
      ) : list.length === 0 ? (
        <Empty title={before === '' ? 'Nothing was erased' : 'There are no older ones'} icon="erase">
          Identity or content of a person’s events can be taken out; that they were there, and what was signed, can
          still be checked.
        </Empty>
      ) : (
        list.map((erasure) => <One key={erasure.id} erasure={erasure} />)
      )}
      <p class="manage-pages">
        {before !== '' && (
          <ButtonLink href="/erasures" icon="up">
            The newest
          </ButtonLink>
        )}
        {list.length === page && (
          <ButtonLink href={router.href({ before: list.at(-1)!.requested_at })} icon="down">
            Older
          </ButtonLink>
        )}
      </p>
      {open && (
        <NewErasure
          onClose={() => setOpen(false)}
          onDone={() => {
            toasts.good('The erasure is under way');
            setOpen(false);
            again();
          }}
        />
      )}
    </div>
  );
}

function One({ erasure }: { erasure: Erasure }) {
  const { state, parts, legal_basis, reason, organizations, progress, error, raw_topic, completed_at } = erasure;
  return (
    <article class="manage-card" aria-label={`Erasure of ${erasure.requested_at}`}>
      <header>
        {state === 'done' ? (
          <Badge tone="good" shape="disc" ground>
            done
          </Badge>
        ) : error ? (
          <Badge tone="bad" shape="triangle" ground>
            does not go on
          </Badge>
        ) : (
          <Badge tone="note" shape="half" ground>
            {state}
          </Badge>
        )}
        <h2>
          {parts.join(' and ')}, by {erasure.subject_kind === 'actor_id' ? 'id' : erasure.subject_kind}
        </h2>
        <span class="faint">
          <Time iso={erasure.requested_at} />
        </span>
      </header>
      {state !== 'done' && <ProgressBar done={shareDone(state)} label="Erasing" note={stateWords[state]} />}
      {error && (
        <div class="manage-problem" role="alert">
          <Icon name="warning" />
          <div>
            <b>It is tried again by itself.</b>
            <p>{error}</p>
          </div>
        </div>
      )}
      <dl class="manage-facts">
        <dt>Legal basis</dt>
        <dd>{legal_basis}</dd>
        {reason !== '' && (
          <>
            <dt>Reason</dt>
            <dd>{reason}</dd>
          </>
        )}
        <dt>In</dt>
        <dd>
          <OrganizationNames value={organizations} />
        </dd>
        <dt>Erased</dt>
        <dd>
          {counted(progress.parts, 'part')} of {counted(progress.events, 'event')} in{' '}
          {counted(progress.records, 'record')}
          {progress.quarantined_records > 0 && `, ${formatNumber(progress.quarantined_records)} of them in quarantine`}
          {progress.alerts > 0 && `; ${counted(progress.alerts, 'alert')}`}
          {progress.unreadable > 0 && `; ${counted(progress.unreadable, 'unreadable record')} still hold its text`}
        </dd>
        <dt>Raw records</dt>
        <dd>
          {raw_topic.gone_by === null ? (
            'Kafka keeps them without an end'
          ) : (
            <>
              gone from Kafka <Time iso={raw_topic.gone_by} />
            </>
          )}
        </dd>
        {completed_at && (
          <>
            <dt>Done</dt>
            <dd>
              <Time iso={completed_at} />
            </dd>
          </>
        )}
        <dt>Asked for by</dt>
        <dd class="mono">{erasure.requested_by}</dd>
        <dt>Id</dt>
        <dd>
          <Value text={erasure.id} mono />
        </dd>
      </dl>
    </article>
  );
}
