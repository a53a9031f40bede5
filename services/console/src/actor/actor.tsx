import './actor.css';
import type { ComponentChildren } from 'preact';
import { useLoad } from '../api/load.js';
import { ExploreActions } from '../event/actions.js';
import { OpenEvent } from '../event/event-panel.js';
import { apiBase, exploreHref } from '../event/links.js';
import type { PageProps } from '../pages.js';
import { useApp } from '../shell/app.js';
import { Button, ButtonLink } from '../ui/button.js';
import { formatNumber } from '../ui/format.js';
import { Empty, LoadingRows, ProblemState, Titled } from '../ui/states.js';
import { Table, type TableColumn } from '../ui/table.js';
import { Time } from '../ui/time.js';
import { Value } from '../ui/value.js';
import type { Actor, Sighting, Sightings } from './data.js';
import { Hours } from './hours.js';
import { Actions, Failures, Figures } from './parts.js';

/** The browser's, as the reader lives. */
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** What is to be seen of one actor: when, from where, with what, and what failed. */
export default function ActorPage({ parameters }: PageProps) {
  const { api, router } = useApp();
  const id = parameters.id!;
  const system = router.text('view') === 'system';
  const { data, problem, again } = useLoad(`${system} ${id}`, (signal) =>
    api.get<Actor>(`${apiBase(system)}/actors/${encodeURIComponent(id)}`, { timezone: zone }, signal),
  );
  const all = exploreHref({ actor: id }, system);
  if (problem?.status === 404) {
    return (
      <Titled title="Actor">
        <Empty
          title="Nothing of this actor"
          icon="person"
          actions={<ButtonLink href={all}>Look in Explore</ButtonLink>}
        >
          No event of <code>{id}</code> is to be seen with this sign-in.
        </Empty>
      </Titled>
    );
  }
  if (!data || problem) {
    return (
      <Titled title="Actor">
        {problem ? <ProblemState problem={problem} again={again} /> : <LoadingRows label="Loading the actor" />}
      </Titled>
    );
  }
  const [known] = data.identities.values;
  return (
    <ExploreActions system={system}>
      <div class="page-head">
        <h1>{known?.name || known?.email || data.actor}</h1>
        <Button icon="refresh" label="Ask again" onClick={again} />
        <ButtonLink href={all} icon="explore">
          All events
        </ButtonLink>
      </div>
      <Figures actor={data} all={all} system={system} />
      <div class="actor">
        <Part title="When" note={`Events by hour, ${data.hours.timezone}`} wide>
          <Hours counts={data.hours.counts} />
        </Part>
        <Part title="Recent failures" note={data.recent_failures.length === 0 ? '' : 'Whatever did not succeed'} wide>
          <Failures events={data.recent_failures} />
        </Part>
        <Part title="Addresses" note={noteOf(data.addresses)}>
          <Table
            caption="Addresses"
            columns={[
              {
                name: 'ip',
                label: 'Address',
                cell: ({ ip }: { ip: string; country?: string } & Sighting) =>
                  ip === '' ? <span class="faint">none</span> : <Value text={ip} field="ip" mono />,
              },
              {
                name: 'country',
                label: 'Country',
                cell: ({ country }) =>
                  country ? <span title={country}>{countryName(country)}</span> : <span class="faint">not known</span>,
              },
              ...seen,
            ]}
            rows={data.addresses.values}
            keyOf={({ ip }) => ip}
          />
        </Part>
        <Part title="Agents" note={noteOf(data.user_agents)}>
          <Table
            caption="Agents"
            columns={[
              {
                name: 'agent',
                label: 'Agent',
                cell: ({ user_agent }: { user_agent: string } & Sighting) =>
                  user_agent === '' ? <span class="faint">none</span> : <Value text={user_agent} field="user_agent" />,
              },
              ...seen,
            ]}
            rows={data.user_agents.values}
            keyOf={({ user_agent }) => user_agent}
          />
        </Part>
        <Part title="Actions" note={`${formatNumber(data.actions.distinct)} kinds`}>
          <Actions facet={data.actions} actor={id} system={system} />
        </Part>
        <Part title="Known as" note={noteOf(data.identities)}>
          <Table
            caption="Identities"
            columns={[
              { name: 'id', label: 'Id', cell: ({ id: own }) => own && <Value text={own} field="actor" mono /> },
              { name: 'name', label: 'Name', cell: ({ name }) => name },
              { name: 'email', label: 'Email', cell: ({ email }) => email && <Value text={email} field="actor" /> },
              { name: 'type', label: 'Type', cell: ({ type }) => type.replaceAll('_', ' ') },
              { name: 'last', label: 'Last', cell: ({ last_at }) => <Time iso={last_at} /> },
            ]}
            rows={data.identities.values}
            keyOf={({ type, id: own, email, name }) => JSON.stringify([type, own, email, name])}
          />
        </Part>
      </div>
      <OpenEvent events={data.recent_failures} system={system} />
    </ExploreActions>
  );
}

/** As the reader's language calls it. */
function countryName(code: string): string {
  try {
    return new Intl.DisplayNames(undefined, { type: 'region' }).of(code) ?? code;
  } catch {
    return code;
  }
}

const seen: readonly TableColumn<Sighting>[] = [
  { name: 'events', label: 'Events', number: true, cell: ({ events }) => formatNumber(events) },
  {
    name: 'failures',
    label: 'Failures',
    number: true,
    cell: ({ failures }) => <span class={failures > 0 ? 'actor-bad' : 'faint'}>{formatNumber(failures)}</span>,
  },
  { name: 'first', label: 'First', cell: ({ first_at }) => <Time iso={first_at} /> },
  { name: 'last', label: 'Last', cell: ({ last_at }) => <Time iso={last_at} /> },
];

const noteOf = ({ values, distinct }: Sightings<unknown>): string =>
  distinct > values.length
    ? `the last ${formatNumber(values.length)} of ${formatNumber(distinct)}`
    : formatNumber(distinct);

function Part({
  title,
  note,
  wide = false,
  children,
}: {
  title: string;
  note?: string;
  wide?: boolean;
  children: ComponentChildren;
}) {
  return (
    <section class={`actor-part ${wide ? 'wide' : ''}`}>
      <h2>
        {title} {note && <span class="faint">{note}</span>}
      </h2>
      {children}
    </section>
  );
}
