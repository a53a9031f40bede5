import '../alerts.css';
import './channels.css';
import { useLoad } from '../../api/load.js';
import { asProblem } from '../../api/problem.js';
import { useApp } from '../../shell/app.js';
import { Button } from '../../ui/button.js';
import { Icon } from '../../ui/icon.js';
import { Menu } from '../../ui/menu.js';
import { Empty, LoadingRows } from '../../ui/states.js';
import { Table } from '../../ui/table.js';
import { Tabs } from '../../ui/tabs.js';
import { Time } from '../../ui/time.js';
import { OwnerProblem } from '../owner-problem.js';
import { Switch } from '../rules/switch.js';
import { type Channel, channelKinds } from '../types.js';
import { ChannelForm } from './channel-form.js';
import { ChannelTestButton } from './channel-test.js';
import { DeadLetters } from './dead-letters.js';
import { destinationOf, kindWords } from './kinds.js';

const panel = 'channels-panel';
type Which = 'channels' | 'dead';

/** Where alerts are told, and what reached nobody. */
export default function Channels() {
  const { api, router, sessions, toasts } = useApp();
  const { data, problem, again } = useLoad(`channels ${sessions.organization.value ?? ''}`, (signal) =>
    api.get<{ channels: Channel[] }>('/api/alert-channels', {}, signal),
  );
  const which: Which = router.text('view') === 'dead' ? 'dead' : 'channels';
  const rows = data?.channels ?? [];
  const edited = rows.find(({ id }) => id === router.text('channel'));
  const kind = channelKinds.find((one) => one === router.text('new'));

  const turn = async (channel: Channel, enabled: boolean): Promise<void> => {
    const { id, version, name, messages_per_minute, group_seconds, group_by, templates, settings } = channel;
    const body = {
      name,
      kind: channel.kind,
      enabled,
      messages_per_minute,
      group_seconds,
      group_by,
      templates,
      settings,
    };
    try {
      await api.put(`/api/alert-channels/${encodeURIComponent(id)}?version=${version}`, body);
      toasts.good(`“${name}” is ${enabled ? 'on' : 'off'}`);
    } catch (error) {
      toasts.bad(asProblem(error).message);
    }
    again();
  };
  const add = (look: 'primary' | 'plain') => (
    <Menu
      look={look}
      icon="plus"
      align="end"
      items={channelKinds.map((one) => ({
        label: kindWords[one].label,
        note: kindWords[one].hint,
        run: () => router.change({ new: one, channel: undefined }, { push: true }),
      }))}
    >
      New channel <Icon name="down" size={12} />
    </Menu>
  );
  return (
    <div class="alerts-page">
      <div class="page-head">
        <h1>Channels</h1>
        {data && add('primary')}
      </div>
      <Tabs<Which>
        label="What is shown"
        panel={panel}
        tabs={[
          { value: 'channels', label: 'Channels', count: data && rows.length },
          { value: 'dead', label: 'Undelivered' },
        ]}
        value={which}
        onChange={(value) => router.change({ view: value === 'dead' ? value : undefined }, { push: true })}
      />
      <div id={panel} role="tabpanel" aria-label={which === 'dead' ? 'Undelivered' : 'Channels'}>
        {problem ? (
          <OwnerProblem problem={problem} again={again} />
        ) : which === 'dead' ? (
          <DeadLetters />
        ) : !data ? (
          <LoadingRows label="Loading channels" />
        ) : rows.length === 0 ? (
          <Empty icon="channel" title="Nobody is told of alerts yet" actions={add('plain')}>
            They stand in the list of alerts; a channel brings them to where people look.
          </Empty>
        ) : (
          <Table<Channel>
            caption="Channels"
            rows={rows}
            keyOf={({ id }) => id}
            onOpen={({ id }) => router.change({ channel: id }, { push: true })}
            columns={[
              {
                name: 'on',
                label: 'State',
                cell: (channel) => (
                  <Switch on={channel.enabled} label={channel.name} onChange={(on) => void turn(channel, on)} />
                ),
              },
              {
                name: 'name',
                label: 'Channel',
                lead: true,
                cell: ({ id, name }) => (
                  <a class="channel-name" href={router.href({ channel: id })}>
                    {name}
                  </a>
                ),
              },
              { name: 'kind', label: 'Kind', cell: ({ kind: of }) => kindWords[of]?.label ?? of },
              {
                name: 'to',
                label: 'To',
                wrap: true,
                cell: (channel) => <span class="mono">{destinationOf(channel)}</span>,
              },
              {
                name: 'how',
                label: 'Pace',
                cell: ({ messages_per_minute, group_seconds }) => (
                  <span class="faint">
                    {messages_per_minute} a minute{group_seconds > 0 && `, grouped over ${group_seconds} s`}
                  </span>
                ),
              },
              { name: 'changed', label: 'Changed', cell: ({ changed_at }) => <Time iso={changed_at} /> },
              { name: 'test', label: '', cell: (channel) => <ChannelTestButton channel={channel} /> },
            ]}
          />
        )}
      </div>
      {(edited || kind) && (
        <ChannelForm
          key={edited?.id ?? kind}
          channel={edited}
          kind={edited?.kind ?? kind!}
          onClose={() => router.change({ channel: undefined, new: undefined })}
          onSaved={(saved) => {
            router.change({ channel: saved?.id, new: undefined });
            again();
          }}
        />
      )}
      {router.text('channel') !== '' && data && !edited && (
        <p class="alerts-note" role="alert">
          This channel is no longer there.{' '}
          <Button small onClick={() => router.change({ channel: undefined })}>
            All channels
          </Button>
        </p>
      )}
    </div>
  );
}
