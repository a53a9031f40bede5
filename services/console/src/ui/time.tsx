import { type ReadonlySignal, signal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { formatLocal, formatMoment, formatRelative, formatUtc } from './format.js';
import { Tooltip } from './tooltip.js';

/** Milliseconds since 1970, moving on by itself; still where nobody provides one. */
export const Now = createContext<ReadonlySignal<number>>(signal(Date.now()));

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** How long ago; the exact time, in UTC and here, on hover. `as="moment"` shows the time of the day instead. */
export function Time({ iso, as = 'relative' }: { iso: string; as?: 'relative' | 'moment' | 'exact' }) {
  const now = useContext(Now);
  const ms = Date.parse(iso);
  // The clock moves in steps: what came since the last one is of now, not of the future.
  const nowMs = Math.max(now.value, Math.min(ms, Date.now()));
  const tip = () => (
    <dl>
      <dt>UTC</dt>
      <dd class="mono">{formatUtc(iso)}</dd>
      <dt>{zone}</dt>
      <dd>{formatLocal(iso)}</dd>
      {as !== 'relative' && (
        <>
          <dt>Ago</dt>
          <dd>{formatRelative(ms, nowMs)}</dd>
        </>
      )}
    </dl>
  );
  const shown =
    as === 'relative' ? formatRelative(ms, nowMs) : as === 'moment' ? formatMoment(ms, nowMs) : formatUtc(iso);
  return (
    <Tooltip tip={tip} class="time">
      <time dateTime={iso} class={as === 'exact' ? 'mono' : ''}>
        {shown}
      </time>
    </Tooltip>
  );
}
