import { counted, formatDuration, formatNumber } from '../ui/format.js';
import { placeOf, ticksOf } from './scale.js';
import type { Correlation } from './timeline.js';

/** A lane for each service over one axis of time: when it took part, and its events. The list below says the same in words. */
export function Lanes({ data, open, onOpen }: { data: Correlation; open: string; onOpen: (id: string) => void }) {
  const { services, timeline, duration_ms, started_at } = data;
  const beganMs = Date.parse(started_at);
  const ticks = ticksOf(duration_ms);
  const onClick = ({ target }: MouseEvent): void => {
    const id = (target as HTMLElement).dataset.event;
    if (id) onOpen(id);
  };
  return (
    <section class="lanes" aria-label="Services">
      <div class="lanes-axis" aria-hidden="true">
        {ticks.map((tick) => (
          <span key={tick} style={{ left: `${placeOf(tick, duration_ms)}%` }}>
            {tick === 0 ? '0' : formatDuration(tick)}
          </span>
        ))}
      </div>
      {services.map(({ service, events, failures, started_at: from, duration_ms: lasted }) => (
        <div class="lane" key={service}>
          <span class="lane-name">
            <b class="cut">{service || 'no service'}</b>
            <span class="faint cut">
              {counted(events, 'event')}
              {failures > 0 && <span class="lane-failures">, {formatNumber(failures)} not successful</span>},{' '}
              {formatDuration(lasted)}
            </span>
          </span>
          {/* Pointers only: each mark is a row of the list below. */}
          <span class="lane-track" aria-hidden="true" onClick={onClick}>
            {ticks.map((tick) => (
              <i key={tick} class="lane-tick" style={{ left: `${placeOf(tick, duration_ms)}%` }} />
            ))}
            <i
              class="lane-span"
              style={{
                left: `${placeOf(Date.parse(from) - beganMs, duration_ms)}%`,
                width: `${placeOf(lasted, duration_ms)}%`,
              }}
            />
            {timeline
              .filter(({ event }) => (event.service ?? '') === service)
              .map(({ event, offset_ms }) => (
                <i
                  key={event.id}
                  data-event={event.id}
                  class={`lane-mark ${event.outcome === 'success' ? '' : 'bad'} ${event.id === open ? 'open' : ''}`}
                  style={{ left: `${placeOf(offset_ms, duration_ms)}%` }}
                  title={`+${formatDuration(offset_ms)} ${event.action}: ${event.outcome}`}
                />
              ))}
          </span>
        </div>
      ))}
    </section>
  );
}
