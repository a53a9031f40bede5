import './alert-panel.css';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { createLoading } from '../api/load.js';
import { fillPath } from '../router/paths.js';
import { useApp } from '../shell/app.js';
import { LevelBadge } from '../ui/badge.js';
import { Button, ButtonLink } from '../ui/button.js';
import { Icon } from '../ui/icon.js';
import { LoadingRows, ProblemState } from '../ui/states.js';
import { Time } from '../ui/time.js';
import { Value } from '../ui/value.js';
import type { Act, Acting } from './acting.js';
import { AlertEvents, useAlertEvents } from './alert-events.js';
import { AlertHistory } from './alert-history.js';
import { Assignee } from './assignee.js';
import { StateBadge } from './badges.js';
import type { Alert, AlertDetail, RuleSummary } from './types.js';
import { groupHref, groupWord, happened, isActor, prospect } from './words.js';

/** One alert, beside the list: what happened, why it matters, what is behind it, what was done. */
export function AlertPanel({
  id,
  held,
  rules,
  acting,
  take,
  mayChange,
}: {
  id: string;
  /** As the list has it: what changes there is asked for again here. */
  held: Alert | undefined;
  rules: readonly RuleSummary[];
  acting: Acting;
  take: (alert: Alert) => void;
  mayChange: boolean;
}) {
  const { api, router } = useApp();
  const loading = useMemo(() => createLoading<AlertDetail>(), []);
  const load = (): void =>
    loading.run(async (signal) => {
      const detail = await api.get<AlertDetail>(`/api/alerts/${encodeURIComponent(id)}`, {}, signal);
      return detail;
    });
  const stamp = held && `${held.state}${held.count}${held.last_seen}${held.assigned_to}${held.silenced_by}`;
  const [commented, setCommented] = useState(0);
  useEffect(() => {
    load();
    return loading.stop;
  }, [stamp, commented]);
  const { data, problem } = loading.state.value;
  useEffect(() => {
    // One that was opened by its link is in the list from then on, so that the stream’s news of it are heard.
    if (data && !held) take(data);
  }, [data]);
  const close = (): void => router.change({ alert: undefined });
  return (
    <aside class="alert-panel" aria-label="Alert">
      <header>
        <h2 class="cut">{data?.rule_title ?? held?.rule_title ?? 'Alert'}</h2>
        <Button look="quiet" icon="close" label="Close" onClick={close} />
      </header>
      <div class="alert-body">
        {data ? (
          <Body
            alert={{ ...data, ...(held ?? {}), actions: data.actions }}
            rules={rules}
            acting={acting}
            mayChange={mayChange}
            onCommented={() => setCommented(commented + 1)}
          />
        ) : problem ? (
          <ProblemState problem={problem} again={load} />
        ) : (
          <LoadingRows label="Loading the alert" />
        )}
      </div>
    </aside>
  );
}

function Body({
  alert,
  rules,
  acting,
  mayChange,
  onCommented,
}: {
  alert: AlertDetail;
  rules: readonly RuleSummary[];
  acting: Acting;
  mayChange: boolean;
  onCommented: () => void;
}) {
  const { now, sessions } = useApp();
  const text = rules.find((one) => one.rules.some(({ id }) => id === alert.rule));
  const rule = text?.rules.find(({ id }) => id === alert.rule);
  const events = useAlertEvents(alert);
  const { organization_id: organization } = alert;
  const name = sessions.organizations.value.find(({ id }) => id === organization)?.name ?? organization;
  return (
    <>
      <div class="alert-badges">
        <LevelBadge level={alert.level} ground />
        <StateBadge state={alert.state} ground />
        <span class="faint">
          since <Time iso={alert.state_since} />
        </span>
      </div>
      <p class="alert-what">{happened(alert, name, events.data?.events[0]?.message)}</p>
      {rule?.description && <p class="soft">{rule.description}</p>}
      {mayChange && <AlertActs alert={alert} acting={acting} />}
      <Quiet alert={alert} />
      <dl class="facts">
        {Object.entries(alert.group).map(([field, value]) => (
          <Fact key={field} name={groupWord(field)}>
            {value === '' ? (
              <span class="faint">none</span>
            ) : (
              <Value
                text={value}
                mono
                more={[
                  { label: 'In Explore, at that time', icon: 'explore', href: groupHref(alert, field, value) },
                  ...(isActor(field)
                    ? [
                        {
                          label: 'All about this actor',
                          icon: 'person' as const,
                          href: fillPath('/actors/:id', { id: value }),
                        },
                      ]
                    : []),
                  {
                    label: 'Alerts of the same',
                    icon: 'alert',
                    href: `/alerts?${new URLSearchParams({ group: `${field}:${value}` })}`,
                  },
                ]}
              />
            )}
          </Fact>
        ))}
        <Fact name="first seen">
          <Time iso={alert.first_seen} as="moment" />
        </Fact>
        <Fact name="last seen">
          <Time iso={alert.last_seen} as="moment" />
        </Fact>
        <Fact name="rule">
          {text ? <a href={fillPath('/rules/:id', { id: text.id })}>{alert.rule_title}</a> : alert.rule_title}
        </Fact>
        {alert.rule_author && <Fact name="rule’s author">{alert.rule_author}</Fact>}
        {mayChange || alert.assigned_to ? (
          <Fact name="dealt with by">
            <Assignee alert={alert} acting={acting} mayChange={mayChange} />
          </Fact>
        ) : null}
        <Fact name="notified">
          {alert.notified_at ? (
            <span>
              handed to the channels <Time iso={alert.notified_at} />
            </span>
          ) : (
            <span class="faint">nobody yet</span>
          )}
        </Fact>
      </dl>
      {prospect(alert, now.value) && <p class="faint">{prospect(alert, now.value)}</p>}
      {alert.successor && (
        <p>
          It became part of <a href={`/alerts?alert=${alert.successor}`}>the alert that began earlier</a>.
        </p>
      )}
      <AlertEvents alert={alert} loaded={events} />
      <AlertHistory alert={alert} acting={acting} mayChange={mayChange} onCommented={onCommented} />
    </>
  );
}

const Fact = ({ name, children }: { name: string; children: preact.ComponentChildren }) => (
  <>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </>
);

const acts: Readonly<Record<string, readonly { act: Act; label: string; primary?: true }[]>> = {
  open: [
    { act: 'acknowledge', label: 'Acknowledge', primary: true },
    { act: 'resolve', label: 'Resolve' },
  ],
  acknowledged: [
    { act: 'resolve', label: 'Resolve', primary: true },
    { act: 'unacknowledge', label: 'Give back' },
  ],
  resolved: [{ act: 'reopen', label: 'Open again' }],
};

function AlertActs({ alert, acting }: { alert: Alert; acting: Acting }) {
  const silence = new URLSearchParams([
    ['new', 'yes'],
    ['match', `rule_id=${alert.rule}`],
    ...Object.entries(alert.group).map(([name, value]): [string, string] => ['match', `${name}=${value}`]),
  ]);
  return (
    <div class="alert-acts">
      {(acts[alert.state] ?? []).map(({ act, label, primary }) => (
        <Button key={act} look={primary ? 'primary' : 'plain'} onClick={() => void acting.act(act, [alert])}>
          {label}
        </Button>
      ))}
      {alert.state !== 'replaced' && (
        <ButtonLink look="quiet" icon="silence" href={`/silences?${silence}`}>
          Silence
        </ButtonLink>
      )}
    </div>
  );
}

/** Why nobody is told of it. */
function Quiet({ alert }: { alert: AlertDetail }) {
  const inhibited = alert.actions.filter(({ kind }) => kind === 'inhibited').at(-1);
  const told = alert.actions.filter(({ kind }) => kind === 'notified').at(-1);
  const still = inhibited && !(told && told.at > inhibited.at) ? inhibited : undefined;
  const by = still?.note.match(/[0-9a-f-]{36}/)?.[0];
  if (alert.silenced_by.length === 0 && !still) return null;
  return (
    <div class="alert-quiet">
      <Icon name="silence" />
      <div>
        {alert.silenced_by.length > 0 && (
          <p>
            Silenced: nobody is told of it. <a href="/silences">See the silence</a>
          </p>
        )}
        {still && (
          <p>
            Kept quiet since <Time iso={still.at} /> by{' '}
            {by ? <a href={`/alerts?alert=${by}`}>another alert</a> : 'another alert'}, as its rule says.
          </p>
        )}
      </div>
    </div>
  );
}
