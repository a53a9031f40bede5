import '../alerts.css';
import './rules.css';
import { useState } from 'preact/hooks';
import { useLoad } from '../../api/load.js';
import { asProblem } from '../../api/problem.js';
import { fillPath } from '../../router/paths.js';
import { useApp } from '../../shell/app.js';
import { LevelBadge } from '../../ui/badge.js';
import { Button, ButtonLink } from '../../ui/button.js';
import { Field } from '../../ui/field.js';
import { Empty, LoadingRows } from '../../ui/states.js';
import { Table } from '../../ui/table.js';
import { Tabs } from '../../ui/tabs.js';
import { Time } from '../../ui/time.js';
import { OwnerProblem } from '../owner-problem.js';
import { ReadOnly } from '../read-only.js';
import type { AlertList, RuleSummary } from '../types.js';
import { levelOf, rulesThat } from './rule-list.js';
import { Switch } from './switch.js';

const panel = 'rules-panel';
const shownAtFirst = 200;
/** So many alerts are looked through for when each rule fired last. */
const lookedThrough = 500;
type Which = 'all' | 'on' | 'off';

/** What is watched for: rules that are built in, and one’s own. */
export default function Rules() {
  const { api, router, sessions, toasts } = useApp();
  const organization = sessions.organization.value ?? '';
  const { data, problem, again } = useLoad(`rules ${organization}`, (signal) =>
    api.get<{ rules: RuleSummary[] }>('/api/alert-rules', {}, signal),
  );
  const fired = useLoad(`fired ${organization}`, (signal) =>
    api.get<AlertList>('/api/alerts', { limit: lookedThrough }, signal),
  );
  const [most, setMost] = useState(shownAtFirst);
  const [switching, setSwitching] = useState<string>();
  const mayChange = sessions.may('manage:alerts');
  const which = (['on', 'off'] as const).find((one) => one === router.text('state')) ?? 'all';
  const typed = router.text('find');
  const all = data?.rules ?? [];
  const rows = rulesThat(all, { typed, enabled: which === 'all' ? undefined : which === 'on' });

  const turn = async (rule: RuleSummary, on: boolean): Promise<void> => {
    setSwitching(rule.id);
    const to = async (enabled: boolean): Promise<void> => {
      try {
        await api.post(`/api/alert-rules/${encodeURIComponent(rule.id)}/${enabled ? 'enable' : 'disable'}`, {});
        const undo = { label: 'Undo', run: () => void to(!enabled) };
        toasts.good(`“${rule.name}” is ${enabled ? 'on' : 'off'}`, undo);
      } catch (error) {
        toasts.bad(asProblem(error).message);
      }
      again();
    };
    await to(on);
    setSwitching(undefined);
  };
  const lastOf = (rule: RuleSummary) =>
    fired.data?.alerts.find((alert) => rule.rules.some(({ id }) => id === alert.rule));
  const count = (one: Which): number | undefined =>
    data && rulesThat(all, { typed: '', enabled: one === 'all' ? undefined : one === 'on' }).length;

  return (
    <div class="alerts-page">
      <div class="page-head">
        <h1>Rules</h1>
        {mayChange && data && (
          <ButtonLink look="primary" icon="plus" href="/rules/new">
            New rule
          </ButtonLink>
        )}
      </div>
      {!mayChange && <ReadOnly />}
      <Tabs<Which>
        label="Which rules"
        panel={panel}
        tabs={[
          { value: 'all', label: 'All', count: count('all') },
          { value: 'on', label: 'On', count: count('on') },
          { value: 'off', label: 'Off', count: count('off') },
        ]}
        value={which}
        onChange={(value) => router.change({ state: value === 'all' ? undefined : value }, { push: true })}
      />
      <div id={panel} role="tabpanel" aria-label="Rules">
        <div class="rules-find">
          <Field
            label="Find"
            bare
            type="search"
            placeholder="Find by name, description or tag"
            value={typed}
            onInput={(find) => router.change({ find })}
          />
        </div>
        {problem ? (
          <OwnerProblem problem={problem} again={again} />
        ) : !data ? (
          <LoadingRows label="Loading rules" />
        ) : rows.length === 0 ? (
          <Empty icon="rule" title="No rule fits">
            Look for something else, or in the other tabs.
          </Empty>
        ) : (
          <Table<RuleSummary>
            caption="Rules"
            rows={rows.slice(0, most)}
            keyOf={({ id }) => id}
            onOpen={({ id }) => router.go(fillPath('/rules/:id', { id }))}
            columns={[
              {
                name: 'on',
                label: 'State',
                cell: (rule) =>
                  mayChange ? (
                    <Switch
                      on={rule.enabled}
                      label={rule.name}
                      disabled={switching === rule.id}
                      onChange={(on) => void turn(rule, on)}
                    />
                  ) : rule.enabled ? (
                    'on'
                  ) : (
                    <span class="faint">off</span>
                  ),
              },
              { name: 'level', label: 'Level', cell: (rule) => <LevelBadge level={levelOf(rule)} /> },
              {
                name: 'name',
                label: 'Rule',
                lead: true,
                cell: (rule) => (
                  <span class="rules-name">
                    <a href={fillPath('/rules/:id', { id: rule.id })}>{rule.name}</a>
                    <span class="faint cut" title={rule.rules.find(({ alerts }) => alerts)?.description}>
                      {rule.rules.find(({ alerts }) => alerts)?.description}
                    </span>
                  </span>
                ),
              },
              {
                name: 'source',
                label: 'Source',
                cell: (rule) => (
                  <span class={rule.built_in ? 'faint' : ''}>
                    {rule.built_in ? 'built in' : 'own'}
                    {rule.outdated && ', outdated'}
                  </span>
                ),
              },
              { name: 'author', label: 'Author', cell: ({ rules }) => rules.find(({ author }) => author)?.author },
              {
                name: 'last',
                label: 'Last alert',
                cell: (rule) => {
                  const last = lastOf(rule);
                  if (!last) return <span class="faint">{fired.data ? '–' : ''}</span>;
                  return (
                    <a href={`/alerts?rule=${last.rule}${last.state === 'open' ? '' : `&state=${last.state}`}`}>
                      <Time iso={last.last_seen} />
                    </a>
                  );
                },
              },
              {
                name: 'changed',
                label: 'Changed',
                cell: ({ changed_at, built_in, version }) =>
                  changed_at && !(built_in && version === 1) ? <Time iso={changed_at} /> : null,
              },
            ]}
          />
        )}
        {rows.length > most && (
          <p class="alerts-note">
            <Button onClick={() => setMost(most + shownAtFirst)}>Show more of {rows.length}</Button>
          </p>
        )}
        {fired.data?.next_cursor && (
          <p class="alerts-note faint">
            “Last alert” looks at the newest {lookedThrough} alerts; – is none among them.
          </p>
        )}
      </div>
    </div>
  );
}
