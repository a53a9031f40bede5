import { type ReadonlySignal, signal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { formatLocal, formatMoment, formatRelative, formatUtc } from './format.js';
import { RestingTip, Tooltip } from './tooltip.js';

/** Milliseconds since 1970, moving on by itself; still where nobody provides one. */
export const Now = createContext<ReadonlySignal<number>>(signal(Date.now()));

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The clock moves in steps: what came since the last one is of now, not of the future. */
function useNow(ms: number): number {
  return Math.max(useContext(Now).value, Math.min(ms, Date.now()));
}

/** How long ago; the exact time, in UTC and here, on hover. `as="moment"` shows the time of the day instead. */
export function Time({ iso, as = 'relative' }: { iso: string; as?: 'relative' | 'moment' | 'exact' }) {
  const ms = Date.parse(iso);
  const nowMs = useNow(ms);
  const shown =
    as === 'relative' ? formatRelative(ms, nowMs) : as === 'moment' ? formatMoment(ms, nowMs) : formatUtc(iso);
  return (
    <Tooltip tip={() => <Exactly {...{ iso, ago: as !== 'relative' }} />} class="time">
      <time dateTime={iso} class={as === 'exact' ? 'mono' : ''}>
        {shown}
      </time>
    </Tooltip>
  );
}

/** How long ago, without more: for a table, where `TimeTip` is what hovering makes. */
export function Ago({ iso }: { iso: string }) {
  const ms = Date.parse(iso);
  return (
    <time dateTime={iso} class="ago">
      {formatRelative(ms, useNow(ms))}
    </time>
  );
}

/** The exact time of the cell that this is made in. */
export function TimeTip({ iso }: { iso: string }) {
  return <RestingTip>{() => <Exactly iso={iso} ago={false} />}</RestingTip>;
}

function Exactly({ iso, ago }: { iso: string; ago: boolean }) {
  const ms = Date.parse(iso);
  const nowMs = useNow(ms);
  return (
    <dl>
      <dt>UTC</dt>
      <dd class="mono">{formatUtc(iso)}</dd>
      <dt>{zone}</dt>
      <dd>{formatLocal(iso)}</dd>
      {ago && (
        <>
          <dt>Ago</dt>
          <dd>{formatRelative(ms, nowMs)}</dd>
        </>
      )}
    </dl>
  );
}
