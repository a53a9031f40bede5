import '../alerts.css';
import './silences.css';
import { useState } from 'preact/hooks';
import { useLoad } from '../../api/load.js';
import { Confirm } from '../../manage/dialogs.js';
import { useApp, useKeys } from '../../shell/app.js';
import { Badge } from '../../ui/badge.js';
import { Button } from '../../ui/button.js';
import { Empty, LoadingRows } from '../../ui/states.js';
import { Table } from '../../ui/table.js';
import { Tabs } from '../../ui/tabs.js';
import { Time } from '../../ui/time.js';
import { OwnerProblem } from '../owner-problem.js';
import { ReadOnly } from '../read-only.js';
import type { RuleSummary, Silence } from '../types.js';
import { matcherText } from './matchers.js';
import { NewSilence } from './new-silence.js';

const panel = 'silences-panel';
type Which = 'lasting' | 'ended';

/** Times in which nobody is told of some alerts. */
export default function Silences() {
  const { api, router, sessions, toasts } = useApp();
  const organization = sessions.organization.value ?? '';
  const { data, problem, again } = useLoad(`silences ${organization}`, (signal) =>
    api.get<{ silences: Silence[] }>('/api/silences', { ended: true }, signal),
  );
  const rules = useLoad(`rules ${organization}`, (signal) =>
    api.get<{ rules: RuleSummary[] }>('/api/alert-rules', {}, signal),
  );
  const [ending, setEnding] = useState<Silence>();
  const mayChange = sessions.may('manage:alerts');
  const which: Which = router.text('state') === 'ended' ? 'ended' : 'lasting';
  const all = data?.silences ?? [];
  const of = (one: Which): Silence[] => all.filter(({ state }) => (state === 'ended') === (one === 'ended'));
  // What is quiet now stands before what is to come.
  const rows = of(which).sort((a, b) => Number(a.state === 'pending') - Number(b.state === 'pending'));
  const titles = new Map(rules.data?.rules.flatMap((text) => text.rules.map(({ id, title }) => [id, title] as const)));
  const create = (): void => router.change({ new: 'yes' }, { push: true });
  useKeys(mayChange ? [{ key: 'n', does: 'New silence', run: create }] : []);

  return (
    <div class="alerts-page">
      <div class="page-head">
        <h1>Silences</h1>
        {mayChange && data && (
          <Button look="primary" icon="plus" onClick={create}>
            New silence
          </Button>
        )}
      </div>
      {!mayChange && <ReadOnly />}
      <Tabs<Which>
        label="Which silences"
        panel={panel}
        tabs={[
          { value: 'lasting', label: 'Now and to come', count: data && of('lasting').length },
          { value: 'ended', label: 'Ended', count: data && of('ended').length },
        ]}
        value={which}
        onChange={(value) => router.change({ state: value === 'ended' ? value : undefined }, { push: true })}
      />
      <div id={panel} role="tabpanel" aria-label="Silences">
        {problem ? (
          <OwnerProblem problem={problem} again={again} />
        ) : !data ? (
          <LoadingRows label="Loading silences" />
        ) : rows.length === 0 ? (
          <Empty
            icon="silence"
            title={which === 'ended' ? 'None has ended yet' : 'Everything is told'}
            actions={mayChange && which === 'lasting' ? <Button onClick={create}>New silence</Button> : undefined}
          >
            {which === 'lasting' &&
              'While a silence lasts, nobody is told of the alerts it fits; they open, grow and resolve all the same.'}
          </Empty>
        ) : (
          <Table<Silence>
            caption="Silences"
            rows={rows}
            keyOf={({ id }) => id}
            columns={[
              {
                name: 'state',
                label: 'State',
                cell: ({ state }) => (
                  <Badge
                    tone={state === 'lasting' ? 'note' : 'plain'}
                    shape={state === 'lasting' ? 'disc' : state === 'pending' ? 'half' : 'ring'}
                  >
                    {state === 'lasting' ? 'quiet now' : state === 'pending' ? 'to come' : 'ended'}
                  </Badge>
                ),
              },
              {
                name: 'matchers',
                label: 'Alerts where',
                cell: ({ matchers }) => (
                  <span class="silence-matchers">
                    {matchers.map((matcher) => (
                      <span key={matcherText(matcher)} class="cut">
                        {matcher.name === 'rule_id' && titles.has(matcher.value)
                          ? `rule ${matcherText({ ...matcher, value: titles.get(matcher.value)! }).slice('rule_id '.length)}`
                          : matcherText(matcher)}
                      </span>
                    ))}
                  </span>
                ),
              },
              { name: 'reason', label: 'Why', wrap: true, cell: ({ reason }) => reason },
              { name: 'from', label: 'From', cell: ({ starts_at }) => <Time iso={starts_at} as="moment" /> },
              { name: 'until', label: 'Until', cell: ({ ends_at }) => <Time iso={ends_at} as="moment" /> },
              { name: 'by', label: 'By', cell: ({ changed_by }) => <span class="faint">{changed_by}</span> },
              {
                name: 'end',
                label: '',
                cell: (silence) =>
                  mayChange &&
                  silence.state !== 'ended' && (
                    <Button small onClick={() => setEnding(silence)}>
                      End now
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </div>
      {ending && (
        <Confirm
          title="End the silence now?"
          action="End it"
          onClose={() => setEnding(undefined)}
          onConfirm={async () => {
            await api.delete(`/api/silences/${encodeURIComponent(ending.id)}`);
            toasts.good(`“${ending.reason}” has ended`);
            again();
          }}
        >
          <p>
            “{ending.reason}”{' '}
            {ending.state === 'pending' ? 'never begins.' : 'ends: what it fits and is still open is told at once.'}
          </p>
        </Confirm>
      )}
      {router.text('new') !== '' && mayChange && (
        <NewSilence
          matches={router.texts('match')}
          rules={rules.data?.rules ?? []}
          onClose={() => router.change({ new: undefined, match: undefined })}
          onMade={() => {
            router.change({ new: undefined, match: undefined, state: undefined });
            again();
          }}
        />
      )}
    </div>
  );
}
