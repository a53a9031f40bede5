import './explore.css';
import './live.css';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { EventPanel } from '../event/event-panel.js';
import { useApp, useKeys } from '../shell/app.js';
import { Actions } from '../ui/actions.js';
import { Pill } from '../ui/badge.js';
import { Button } from '../ui/button.js';
import { lazyPart } from '../ui/lazy-part.js';
import { LockedState } from '../ui/states.js';
import { Tabs } from '../ui/tabs.js';
import { browserClock } from './browser-clock.js';
import { createExploreData, type ExploreData } from './data.js';
import { EventList } from './event-list.js';
import { FacetList } from './facets.js';
import { LiveStrip } from './live-strip.js';
import { rowsOf } from './newest.js';
import {
  basePath,
  type Filter,
  liveBlock,
  parametersOf,
  type Range,
  readQuestion,
  timesOf,
  toggled,
  type View,
} from './question.js';
import { type Mark, SearchBox } from './search-box.js';
import { createSuggestions } from './suggestions.js';
import { createTail, type Tail } from './tail.js';
import { TimeRange } from './time-range.js';
import { Views } from './views/views.js';
import { words } from './words.js';

/** Not what is looked at first, and as big as the rest. */
const Histogram = lazyPart(() => import('./histogram.js'), <div class="explore-histogram" />);

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
  const { api, live, router, copy, memory } = useApp();
  const data = useMemo(() => createExploreData({ api, clock: browserClock }), []);
  const tail = useMemo(() => createTail({ api, live, clock: browserClock }), []);
  const search = useRef<HTMLInputElement>(null);
  const [times, setTimes] = useState(false);
  const [facets, setFacets] = useState(memory.get('sealstream.facets') !== 'off' && innerWidth > 760);
  const [asked, setAsked] = useState({ typedAt: 0, times: {} as { from?: string; to?: string } });
  const [again, setAgain] = useState(0);

  const question = readQuestion(router.query.value);
  const { typed, range, filters, order, view } = question;
  const isLive = router.text('live') !== '';
  const block = liveBlock(question, Date.now());
  const follows = isLive && block === undefined;
  const where = useRef({ base: '', times: {} });
  where.current = { base: basePath(question), times: asked.times };
  const suggestions = useMemo(() => createSuggestions({ api, where: () => where.current }), []);
  const key = JSON.stringify([question, again, follows]);
  // Before what is there so far is painted: the answer takes longer than that.
  useLayoutEffect(() => {
    const nowMs = Date.now();
    const { query, typedAt } = parametersOf(question, nowMs);
    setAsked({ typedAt, times: timesOf(range, nowMs) });
    const base = basePath(question);
    const ask = (): void => data.ask({ base, query, order });
    if (!follows) {
      ask();
      return data.stop;
    }
    tail.start({ base, query, ready: ask });
    return () => {
      tail.stop();
      data.stop();
    };
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
    copy(new URL(router.href({ range: undefined, from, to, live: undefined }), location.origin).href);
  };
  const goLive = (): void =>
    router.change(isLive ? { live: undefined } : { live: '1', order: undefined }, { push: true });
  useKeys([
    { key: 'l', does: 'Live: new events come in on top', run: goLive },
    { key: 'p', does: 'Pause live, and go on', run: () => follows && tail.pause(!tail.paused.peek()) },
    { key: '/', does: 'Search', run: () => search.current?.focus() },
    { key: 't', does: 'Choose the time', run: () => setTimes(true) },
  ]);

  const { problem } = data.found.value;
  const open = router.text('event');
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
          suggestions={suggestions}
          asked={typed}
          mark={mark}
          onAsk={(text) => {
            if (text === typed) setAgain(again + 1);
            else router.change({ q: text, event: undefined }, { push: true });
          }}
        />
        <Views onShare={share} />
        <TimeRange range={range} open={times} onOpen={setTimes} onChange={setRange} />
        <Button
          class="explore-go-live"
          icon={isLive ? undefined : 'play'}
          aria-pressed={isLive}
          title={isLive ? 'Stop the live tail (l)' : 'New events come in on top (l)'}
          onClick={goLive}
        >
          {isLive && <span class="explore-pulse" />}
          Live
        </Button>
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
      {isLive && mark === undefined && <LiveStrip tail={tail} block={block} again={() => setAgain(again + 1)} />}
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
          tail={tail}
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
        {open !== '' && <Opened id={open} system={view === 'system'} data={data} tail={tail} />}
      </div>
    </Actions.Provider>
  );
}

/** The event at the right, and the ways to its neighbours, which move while it is live. */
function Opened({ id: open, system, data, tail }: { id: string; system: boolean; data: ExploreData; tail: Tail }) {
  const { router } = useApp();
  const events = rowsOf(tail.shown.value, data.found.value.events);
  const at = events.findIndex(({ id }) => id === open);
  const move = (by: 1 | -1): void => {
    const next = events[at + by];
    if (next) router.change({ event: next.id });
  };
  return <EventPanel id={open} system={system} known={events[at]} beside onMove={move} />;
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
