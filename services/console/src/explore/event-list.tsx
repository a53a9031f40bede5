import { useMemo, useState } from 'preact/hooks';
import { panelId } from '../event/event-panel.js';
import { Expansion } from '../event/expansion.js';
import { useApp, useKeys } from '../shell/app.js';
import { Button } from '../ui/button.js';
import { counted, formatNumber } from '../ui/format.js';
import { Empty, LoadingRows, ProblemState } from '../ui/states.js';
import { VirtualTable } from '../ui/virtual-table.js';
import { ColumnChooser, columnsOf, usualColumns } from './columns.js';
import type { ExploreData } from './data.js';
import { rowsOf } from './newest.js';
import type { Question } from './question.js';
import type { Tail } from './tail.js';

const widthsName = 'sealstream.explore.widths';
const exactName = 'sealstream.explore.exact-times';
/** The address has room for so many; the first to be unfolded is folded first. */
const mostUnfolded = 10;

/** What was found, as rows without end; which one is open stands in the address. */
export function EventList({
  data,
  tail,
  question,
  marked,
  total,
  facets,
  onFacets,
  again,
}: {
  data: ExploreData;
  tail: Tail;
  question: Question;
  /** The search box says already what is wrong. */
  marked: boolean;
  total: number | undefined;
  facets: boolean;
  onFacets: () => void;
  again: () => void;
}) {
  const { router, memory } = useApp();
  const [widths, setWidths] = useState<Record<string, number>>(() => readWidths(memory.get(widthsName)));
  const [at, setAt] = useState('');
  const [toTop, setToTop] = useState(0);
  const { loading, more, problem } = data.found.value;
  const { cut } = tail.shown.value;
  const waiting = tail.held.value.count;
  const events = rowsOf(tail.shown.value, data.found.value.events);
  const open = router.text('event');
  const placeOf = (wanted: string): number => (wanted === '' ? -1 : events.findIndex(({ id }) => id === wanted));
  const opened = placeOf(open);
  const cursor = opened >= 0 ? opened : placeOf(at);
  const names = router.text('columns') === '' ? usualColumns : router.text('columns').split(',');

  const [exact, setExact] = useState(memory.get(exactName) === 'yes');
  const shownColumns = useMemo(() => columnsOf(names, exact), [names.join(), exact]);

  const unfolded = router.texts('unfold');
  const expanded = useMemo(() => new Set(unfolded), [unfolded.join()]);
  const unfold = (id: string, out: boolean): void => {
    const others = unfolded.filter((other) => other !== id);
    router.change({ unfold: out ? [...others, id].slice(-mostUnfolded) : others });
  };

  const moveTo = (index: number): void => {
    const to = Math.max(0, Math.min(index, events.length - 1));
    setAt(events[to]?.id ?? '');
    // What is open follows the cursor.
    if (open !== '' && events[to]) router.change({ event: events[to].id });
  };
  useKeys([
    { key: 'j', does: 'Next event', run: () => moveTo(cursor + 1) },
    { key: 'k', does: 'Previous event', run: () => moveTo(cursor - 1) },
    {
      key: 'Enter',
      does: 'Open the event',
      run: () => events[cursor] && router.change({ event: events[cursor].id }, { push: true }),
    },
    {
      key: 'x',
      does: 'Unfold the event in its place',
      run: () => events[cursor] && unfold(events[cursor].id, !expanded.has(events[cursor].id)),
    },
  ]);

  return (
    <section class="explore-list" aria-label="Events">
      <div class="explore-tools">
        <Button
          look="quiet"
          small
          icon="filter"
          aria-pressed={facets}
          label={facets ? 'Hide the counts' : 'Show the counts'}
          onClick={onFacets}
        />
        <span class="total" role="status">
          {total === undefined ? '' : counted(total, 'event')}
        </span>
        {waiting > 0 && (
          <Button
            look="primary"
            small
            icon="up"
            class="explore-new"
            onClick={() => {
              setToTop(toTop + 1);
              tail.away(false);
              tail.pause(false);
            }}
          >
            {formatNumber(waiting)} new
          </Button>
        )}
        <Button
          look="quiet"
          small
          icon={question.order === 'newest' ? 'down' : 'up'}
          onClick={() => router.change({ order: question.order === 'newest' ? 'oldest' : undefined }, { push: true })}
        >
          {question.order === 'newest' ? 'Newest first' : 'Oldest first'}
        </Button>
        <ColumnChooser
          chosen={names}
          onChange={(chosen) =>
            router.change({
              columns: sameNames(chosen, usualColumns) ? undefined : columnsOf(chosen).map(nameOf).join(','),
            })
          }
          exact={exact}
          onExact={(on) => {
            setExact(on);
            memory.set(exactName, on ? 'yes' : 'no');
          }}
        />
      </div>
      {events.length > 0 ? (
        <VirtualTable
          label="Events"
          columns={shownColumns}
          rows={events}
          keyOf={idOf}
          widths={widths}
          onResize={(column, width) => {
            const next = { ...widths, [column]: width };
            setWidths(next);
            memory.set(widthsName, JSON.stringify(next));
          }}
          cursor={cursor}
          onCursor={moveTo}
          onOpen={({ id }) => {
            // Opened twice: go there.
            if (open === id) document.getElementById(panelId)?.focus();
            else router.change({ event: id }, { push: open === '' });
          }}
          expansion={{
            expanded,
            onExpand: ({ id }, out) => unfold(id, out),
            draw: (event) => (
              <Expansion event={event} onOpen={() => router.change({ event: event.id }, { push: true })} />
            ),
          }}
          onEnd={problem || cut ? undefined : data.more}
          onStay={tail.away}
          toTop={toTop}
          total={total}
          foot={
            cut ? (
              `The newest ${formatNumber(events.length)} are kept while it is live; ask again for the older ones.`
            ) : problem ? (
              <Button icon="refresh" onClick={data.more}>
                The rest could not be loaded. Try again
              </Button>
            ) : loading ? (
              'Loading more'
            ) : more ? undefined : (
              `${formatNumber(events.length)} shown; there are no more.`
            )
          }
        />
      ) : loading ? (
        <LoadingRows rows={14} label="Loading events" />
      ) : problem && !marked ? (
        <ProblemState problem={problem} again={again} />
      ) : problem ? (
        <Empty title="The search cannot be read">What is underlined in it says why.</Empty>
      ) : (
        <Empty
          title="No events fit"
          actions={
            <Button onClick={() => router.change({ range: 'all', from: undefined, to: undefined }, { push: true })}>
              Look at all time
            </Button>
          }
        >
          {question.filters.length > 0 || question.typed !== ''
            ? 'Take a filter out, or look at a longer time.'
            : 'Nothing happened in this time.'}
        </Empty>
      )}
    </section>
  );
}

const idOf = ({ id }: { id: string }): string => id;
const nameOf = ({ name }: { name: string }): string => name;
const sameNames = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name) => b.includes(name));

function readWidths(text: string | undefined): Record<string, number> {
  try {
    const read: unknown = JSON.parse(text ?? '{}');
    return Object.fromEntries(
      Object.entries(read as object).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
    );
  } catch {
    return {};
  }
}
