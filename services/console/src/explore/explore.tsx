import './explore.css';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { EventPanel } from '../event/event-panel.js';
import { useApp, useKeys } from '../shell/app.js';
import { Actions } from '../ui/actions.js';
import { Pill } from '../ui/badge.js';
import { Button } from '../ui/button.js';
import { LockedState } from '../ui/states.js';
import { Tabs } from '../ui/tabs.js';
import { createExploreData } from './data.js';
import { EventList } from './event-list.js';
import { FacetList } from './facets.js';
import { Histogram } from './histogram.js';
import {
  basePath,
  type Filter,
  parametersOf,
  type Range,
  readQuestion,
  timesOf,
  toggled,
  type View,
} from './question.js';
import { type Mark, SearchBox } from './search-box.js';
import { TimeRange } from './time-range.js';
import { words } from './words.js';

const panel = 'explore-panel';
const permissionOf = (view: View) => (view === 'system' ? 'view:system_audit_logs' : 'view:audit_logs');

/** The log, searched: everything that is asked stands in the address. */
export default function Explore() {
  const { router, sessions } = useApp();
  const question = readQuestion(router.query.value);
  const may = sessions.may(permissionOf(question.view));
  return (
    <div class="explore">
      <h1 class="unseen">Explore</h1>
      <Tabs<View>
        label="Which events"
        panel={panel}
        tabs={[
          { value: 'events', label: 'Events' },
          { value: 'security', label: 'Security' },
          {
            value: 'system',
            label: 'System',
            ...(sessions.may('view:system_audit_logs') ? {} : { icon: 'lock' as const }),
          },
        ]}
        value={question.view}
        onChange={(view) =>
          router.change({ view: view === 'events' ? undefined : view, event: undefined }, { push: true })
        }
      />
      {may ? <Search /> : <LockedState permission={permissionOf(question.view)} />}
    </div>
  );
}

function Search() {
  const { api, router, copy, memory } = useApp();
  const data = useMemo(() => createExploreData({ api }), []);
  const search = useRef<HTMLInputElement>(null);
  const [times, setTimes] = useState(false);
  const [facets, setFacets] = useState(memory.get('sealstream.facets') !== 'off' && innerWidth > 760);
  const [asked, setAsked] = useState({ typedAt: 0, times: {} as { from?: string; to?: string } });
  const [again, setAgain] = useState(0);

  const question = readQuestion(router.query.value);
  const { typed, range, filters, order, view } = question;
  const key = JSON.stringify([question, again]);
  useEffect(() => {
    const nowMs = Date.now();
    const { query, typedAt } = parametersOf(question, nowMs);
    setAsked({ typedAt, times: timesOf(range, nowMs) });
    data.ask({ base: basePath(question), query, order });
    return data.stop;
  }, [key]);

  const toggle = (filter: Filter): void =>
    router.change({ ...toggled(filters, filter), event: undefined }, { push: true });
  const setRange = (chosen: Range): void =>
    router.change(
      chosen.kind === 'last'
        ? { range: chosen.name, from: undefined, to: undefined }
        : { range: undefined, from: chosen.from, to: chosen.to },
      { push: true },
    );
  const share = (): void => {
    // What is meant is what is seen now, whenever the link is opened.
    const { from = series?.from ?? new Date(0).toISOString(), to = new Date().toISOString() } = asked.times;
    copy(new URL(router.href({ range: undefined, from, to }), location.origin).href);
  };
  useKeys([
    { key: '/', does: 'Search', run: () => search.current?.focus() },
    { key: 't', does: 'Choose the time', run: () => setTimes(true) },
  ]);

  const { problem, events } = data.found.value;
  const open = router.text('event');
  const move = (by: 1 | -1): void => {
    const next = events[events.findIndex(({ id }) => id === open) + by];
    if (next) router.change({ event: next.id });
  };
  const mark = markOf(problem?.of('q')[0], asked.typedAt, typed.length);
  // What was found before is of another question, once this one cannot be answered.
  const series = problem ? undefined : data.timeseries.value.data;
  const stale = (loading: boolean): string => (loading ? 'stale' : '');
  return (
    <Actions.Provider
      value={{
        copy,
        include: (field, value) => toggle({ field, value, out: false }),
        exclude: (field, value) => toggle({ field, value, out: true }),
      }}
    >
      <div class="explore-bar">
        <SearchBox
          inputRef={search}
          asked={typed}
          mark={mark}
          onAsk={(text) => {
            if (text === typed) setAgain(again + 1);
            else router.change({ q: text, event: undefined }, { push: true });
          }}
        />
        <TimeRange range={range} open={times} onOpen={setTimes} onChange={setRange} />
        <Button icon="refresh" label="Ask again" onClick={() => setAgain(again + 1)} />
        <Button
          icon="export"
          label="Export what is found"
          onClick={() => router.go(router.href({ event: undefined }, '/exports'))}
        />
        <Button icon="share" label="Copy a link to what is seen now" onClick={share} />
      </div>
      <div class="explore-pills">
        {filters.map((filter) => (
          <Pill
            key={`${filter.out}${filter.field}${filter.value}`}
            name={(words[filter.field] ?? filter.field).toLowerCase()}
            value={filter.value}
            out={filter.out}
            onRemove={() => toggle(filter)}
          />
        ))}
        {filters.length > 1 && (
          <Button
            look="quiet"
            small
            onClick={() =>
              router.change(
                Object.fromEntries(filters.map(({ field, out }) => [out ? `not.${field}` : field, undefined])),
                { push: true },
              )
            }
          >
            Clear all
          </Button>
        )}
      </div>
      <div class={stale(data.timeseries.value.loading)}>
        {series ? (
          <Histogram data={series} onRange={(from, to) => setRange({ kind: 'between', from, to })} />
        ) : (
          <div class="explore-histogram" />
        )}
      </div>
      <div
        id={panel}
        role="tabpanel"
        aria-label={`${view} found`}
        class={`explore-below ${facets ? 'with' : 'without'} ${open === '' ? '' : 'opened'}`}
      >
        {facets && (
          <aside class={`explore-side ${stale(data.facets.value.loading)}`} aria-label="Narrow down">
            <FacetList answer={problem ? undefined : data.facets.value.data} filters={filters} onToggle={toggle} />
          </aside>
        )}
        <EventList
          data={data}
          question={question}
          marked={mark !== undefined}
          total={data.timeseries.value.loading ? undefined : series?.total}
          facets={facets}
          onFacets={() => {
            memory.set('sealstream.facets', facets ? 'off' : undefined);
            setFacets(!facets);
          }}
          again={() => setAgain(again + 1)}
        />
        {open !== '' && (
          <EventPanel
            id={open}
            system={view === 'system'}
            known={events.find(({ id }) => id === open)}
            beside
            onMove={move}
          />
        )}
      </div>
    </Actions.Provider>
  );
}

/** What is wrong within the typed text: the API tells of all of `q`. */
function markOf(
  part: { position?: { start: number; end: number }; detail: string } | undefined,
  typedAt: number,
  length: number,
): Mark | undefined {
  if (!part?.position) return undefined;
  const within = (at: number): number => Math.max(0, Math.min(at - typedAt, length));
  // The place is underlined; counting the characters of a text that nobody typed helps nobody.
  const said = part.detail.replace(/^(character \d+, )?(at "(?:[^"\\]|\\.)*": )?/, '');
  const detail = said.charAt(0).toUpperCase() + said.slice(1);
  return { start: within(part.position.start), end: within(part.position.end), detail };
}
