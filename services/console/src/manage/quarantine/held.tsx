import { useMemo, useState } from 'preact/hooks';
import { createLoading } from '../../api/load.js';
import { useApp } from '../../shell/app.js';
import { Button } from '../../ui/button.js';
import { counted, formatBytes } from '../../ui/format.js';
import { JsonTree } from '../../ui/json-tree.js';
import { LoadingRows, ProblemState } from '../../ui/states.js';
import type { EventsPage, Quarantined } from './types.js';
import { hexLimits, hexLines, placeOf, reasonWord } from './words.js';

/** What the record holds; looked at only when asked for, as each look is written down. */
export function Held({ record, mayLook }: { record: Quarantined; mayLook: boolean }) {
  const { api } = useApp();
  const [shown, setShown] = useState<'events' | 'bytes'>();
  const events = useMemo(() => createLoading<EventsPage>(), []);
  const bytes = useMemo(() => createLoading<Uint8Array<ArrayBuffer>>(), []);
  const path = `/api/quarantine/${placeOf(record)}`;
  const query = { incarnation: record.incarnation };
  const loadEvents = (): void =>
    events.run((signal) => api.get<EventsPage>(`${path}/events`, { ...query, limit: mostEvents }, signal));
  const loadBytes = (): void =>
    bytes.run(async (signal) => {
      const answer = await api.raw('GET', `${path}/bytes`, { query, signal });
      return new Uint8Array(await answer.arrayBuffer());
    });
  const show = (what: 'events' | 'bytes'): void => {
    setShown(shown === what ? undefined : what);
    if (what === 'events' && events.state.peek().data === undefined) loadEvents();
    if (what === 'bytes' && bytes.state.peek().data === undefined) loadBytes();
  };
  if (!mayLook) {
    return (
      <section>
        <h3>What it holds</h3>
        <p class="faint">
          Nobody has judged it, so it may be anybody’s. Looking needs the permission <code>admin</code>.
        </p>
      </section>
    );
  }
  return (
    <section>
      <h3>What it holds</h3>
      <p class="faint">As it came; nobody vouches for it. That you look is written down.</p>
      <p class="quarantine-looks">
        <Button small look={shown === 'events' ? 'primary' : 'plain'} onClick={() => show('events')}>
          Events
        </Button>
        <Button small look={shown === 'bytes' ? 'primary' : 'plain'} onClick={() => show('bytes')}>
          Bytes
        </Button>
      </p>
      {shown === 'events' && <Events {...events.state.value} again={loadEvents} />}
      {shown === 'bytes' && <Hex {...bytes.state.value} again={loadBytes} name={`record-${placeOf(record)}.bin`} />}
    </section>
  );
}

const mostEvents = 20;

function Events({
  data,
  problem,
  again,
}: {
  data: EventsPage | undefined;
  problem: Parameters<typeof ProblemState>[0]['problem'] | undefined;
  again: () => void;
}) {
  if (!data) return problem ? <ProblemState problem={problem} again={again} /> : <LoadingRows rows={4} />;
  if (!data.readable) return <p>The frame cannot be taken apart: there are only bytes.</p>;
  if (data.total === 0) return <p>It holds no events: it says where its lane begins, ends or stands.</p>;
  return (
    <>
      {data.events.map(({ index, reason, event }) => (
        <article key={index} class="quarantine-event">
          <h4>
            <span class="mono faint">{index}</span>{' '}
            {typeof event?.action === 'string' ? event.action : 'cannot be read'}
            {reason && <span class="faint">refused: {reasonWord(reason)}</span>}
          </h4>
          {event && <JsonTree value={event} />}
        </article>
      ))}
      {data.next_from !== null && (
        <p class="faint">
          The first {data.events.length} of {counted(data.total, 'event')}.
        </p>
      )}
    </>
  );
}

function Hex({
  data,
  problem,
  again,
  name,
}: {
  data: Uint8Array<ArrayBuffer> | undefined;
  problem: Parameters<typeof ProblemState>[0]['problem'] | undefined;
  again: () => void;
  name: string;
}) {
  if (!data) return problem ? <ProblemState problem={problem} again={again} /> : <LoadingRows rows={4} />;
  const save = (): void => {
    const url = URL.createObjectURL(new Blob([data], { type: 'application/octet-stream' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = name.replaceAll('/', '-');
    link.click();
    URL.revokeObjectURL(url);
  };
  const most = hexLimits.bytesOfLine * hexLimits.lines;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
      <div class="quarantine-hex" tabIndex={0} role="region" aria-label="Bytes of the record">
        {hexLines(data).map(({ at, hex, text }) => (
          <div key={at}>
            <span class="faint">{at}</span>
            <span>{hex}</span>
            <span class="soft">{text}</span>
          </div>
        ))}
      </div>
      <p class="quarantine-looks">
        <Button small icon="download" onClick={save}>
          Download
        </Button>
        <span class="faint">
          {data.length > most
            ? `the first ${formatBytes(most)} of ${formatBytes(data.length)}`
            : formatBytes(data.length)}
        </span>
      </p>
    </>
  );
}
