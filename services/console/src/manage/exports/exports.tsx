import '../manage.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import { eventFieldNames } from '../../../../core/event/field-names.js';
import { useLoad } from '../../api/load.js';
import { asProblem, type Problem } from '../../api/problem.js';
import type { EventList } from '../../api/types.js';
import { basePath, parametersOf, type Question, readQuestion, spans } from '../../explore/question.js';
import { words } from '../../explore/words.js';
import { writeQuery } from '../../router/query.js';
import { useApp } from '../../shell/app.js';
import { Pill } from '../../ui/badge.js';
import { Button, ButtonLink } from '../../ui/button.js';
import { Checkbox, Select } from '../../ui/field.js';
import { counted, formatBytes, formatNumber, formatUtc } from '../../ui/format.js';
import { Icon } from '../../ui/icon.js';
import { ProgressBar } from '../../ui/states.js';
import { Table } from '../../ui/table.js';
import { Time } from '../../ui/time.js';
import { ProblemNote } from '../dialogs.js';
import type { ExportFormat } from './count.js';
import { download, type Progress } from './download.js';
import { chooseSink } from './sink.js';

const formats = [
  { value: 'csv', label: 'CSV, for spreadsheets' },
  { value: 'json', label: 'JSON, one document' },
  { value: 'ndjson', label: 'JSON, an event a line' },
] as const;
const orders = [
  { value: 'newest', label: 'newest first' },
  { value: 'oldest', label: 'oldest first' },
] as const;
const mostEvents = 1_000_000;

type Run =
  | { kind: 'going'; progress: Progress }
  | { kind: 'done'; progress: Progress }
  | { kind: 'failed'; problem: Problem };

/** What Explore shows, as a file: the filters are those of the address. */
export default function Exports() {
  const { api, router } = useApp();
  const question = readQuestion(router.query.value);
  const system = question.view === 'system';
  const [format, setFormat] = useState<ExportFormat>('csv');
  const [order, setOrder] = useState<(typeof orders)[number]['value']>('newest');
  const [fields, setFields] = useState<readonly string[]>(eventFieldNames);
  const [run, setRun] = useState<Run>();
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);

  const key = JSON.stringify(question);
  const {
    data: count,
    problem,
    again,
  } = useLoad(key, (signal) =>
    api
      .get<{ total: number }>(`${basePath(question)}/timeseries`, parametersOf(question, Date.now()).query, signal)
      .then(({ total }) => total),
  );
  const start = async (): Promise<void> => {
    const mine = new AbortController();
    const name = `${system ? 'system-events' : 'events'}-${formatUtc(new Date().toISOString()).slice(0, 19).replace(/[ :]/g, '-')}.${format}`;
    const { query } = parametersOf(question, Date.now());
    const asked = { ...query, order, ...(fields.length < eventFieldNames.length ? { fields } : {}) };
    try {
      const sink = await chooseSink(name);
      running.current = mine;
      setRun({ kind: 'going', progress: { events: 0, total: undefined, bytes: 0 } });
      const progress = await download({
        api,
        path: `${basePath(question)}/export`,
        query: asked,
        format,
        name,
        sink,
        signal: mine.signal,
        onProgress: (now) => setRun({ kind: 'going', progress: now }),
      });
      setRun({ kind: 'done', progress });
    } catch (error) {
      const given = mine.signal.aborted || (error as Error).name === 'AbortError';
      setRun(given ? undefined : { kind: 'failed', problem: asProblem(error) });
    }
  };

  const going = run?.kind === 'going';
  return (
    <div class="manage">
      <header class="page-head">
        <h1>Export</h1>
        <ButtonLink href={`/${writeQuery(router.query.value)}`} icon="filter">
          Change in Explore
        </ButtonLink>
      </header>
      <section class="manage-card" aria-label="What is exported">
        <div class="manage-pills">
          <Asked question={question} />
        </div>
        {problem ? (
          <>
            <ProblemNote problem={problem} />
            <div>
              <Button icon="refresh" onClick={again}>
                Count again
              </Button>
            </div>
          </>
        ) : (
          <p class="soft">
            {count === undefined
              ? 'Counting …'
              : count > mostEvents
                ? `${formatNumber(count)} events; an export holds at most ${formatNumber(mostEvents)}. Narrow it down in Explore.`
                : counted(count, 'event')}
          </p>
        )}
        <div class="manage-two">
          <Select label="Format" value={format} choices={formats} onChange={setFormat} />
          <Select label="Order" value={order} choices={orders} onChange={setOrder} />
        </div>
        <details>
          <summary>
            Fields{' '}
            <span class="faint">
              {fields.length === eventFieldNames.length
                ? 'all of them'
                : `${fields.length} of ${eventFieldNames.length}`}
            </span>
          </summary>
          <div class="manage-columns">
            {eventFieldNames.map((field) => (
              <Checkbox
                key={field}
                label={<code>{field}</code>}
                checked={fields.includes(field)}
                onChange={(on) =>
                  setFields(eventFieldNames.filter((one) => (one === field ? on : fields.includes(one))))
                }
              />
            ))}
          </div>
        </details>
        {run?.kind === 'failed' && <ProblemNote problem={run.problem} />}
        {going ? (
          <>
            <Going progress={run.progress} />
            <div>
              <Button icon="close" onClick={() => running.current?.abort()}>
                Stop
              </Button>
            </div>
          </>
        ) : (
          <div>
            <Button
              look="primary"
              icon={run?.kind === 'failed' ? 'refresh' : 'download'}
              disabled={fields.length === 0 || count === 0 || (count ?? 0) > mostEvents}
              onClick={() => void start()}
            >
              {run?.kind === 'failed' ? 'Try again' : 'Export'}
            </Button>
          </div>
        )}
        <div role="status">
          {run?.kind === 'done' && (
            <p class="manage-good">
              <Icon name="check" />
              {counted(run.progress.events, 'event')} exported, {formatBytes(run.progress.bytes)}. The file is whole.
            </p>
          )}
        </div>
      </section>
      <Before />
    </div>
  );
}

function Going({ progress: { events, total, bytes } }: { progress: Progress }) {
  const done = total === undefined ? undefined : total === 0 ? 1 : events / total;
  const note =
    total === undefined
      ? 'Counting'
      : `${formatNumber(events)} of ${counted(total, 'event')}, ${formatBytes(bytes)}. Leaving this page stops it.`;
  return <ProgressBar done={done} label="Exporting" note={note} />;
}

/** The question in words. */
function Asked({ question: { view, range, typed, filters } }: { question: Question }) {
  const when =
    range.kind === 'last'
      ? (spans.find(({ name }) => name === range.name)?.label ?? range.name)
      : `${formatUtc(range.from)} to ${range.to ? formatUtc(range.to) : 'now'}`;
  return (
    <>
      <Pill name="time" value={when} />
      {view !== 'events' && <Pill name="only" value={view === 'system' ? 'the system scope' : 'security'} />}
      {typed.trim() !== '' && <Pill name="query" value={typed} />}
      {filters.map(({ field, value, out }) => (
        <Pill key={`${field}${value}${out}`} name={(words[field] ?? field).toLowerCase()} value={value} out={out} />
      ))}
    </>
  );
}

/** Who exported what before: exports are events of the system scope. */
function Before() {
  const { api, sessions } = useApp();
  const may = sessions.may('view:system_audit_logs');
  const { data } = useLoad(`exports ${may}`, async (signal) =>
    may ? api.get<EventList>('/api/audit/system', { action: 'audit.exported', limit: 20 }, signal) : undefined,
  );
  if (!data || data.events.length === 0) return null;
  return (
    <section class="manage-part">
      <h2>Exports before</h2>
      <Table
        caption="Exports before"
        rows={data.events}
        keyOf={({ id }) => id}
        columns={[
          { name: 'at', label: 'When', cell: ({ occurred_at }) => <Time iso={occurred_at} /> },
          { name: 'who', label: 'Who', cell: ({ actor }) => actor.name ?? actor.id },
          { name: 'what', label: 'Events', number: true, cell: ({ details }) => countIn(details) },
          { name: 'filter', label: 'Filters', cell: ({ details }) => filterIn(details) },
          {
            name: 'more',
            label: '',
            cell: ({ id }) => <a href={`/?view=system&action=audit.exported&range=all&event=${id}`}>Event</a>,
          },
        ]}
      />
    </section>
  );
}

const memberOf = (details: unknown, name: string): unknown =>
  typeof details === 'object' && details !== null ? (details as Record<string, unknown>)[name] : undefined;

function countIn(details: unknown): string {
  const results = memberOf(details, 'results');
  return typeof results === 'number' ? formatNumber(results) : '';
}

function filterIn(details: unknown) {
  const filter = memberOf(details, 'filter');
  const text = Object.entries((filter as object | undefined) ?? {})
    .map(([name, value]) => `${name}: ${String(value)}`)
    .join(', ');
  return text === '' ? <span class="faint">none</span> : <span title={text}>{text}</span>;
}
