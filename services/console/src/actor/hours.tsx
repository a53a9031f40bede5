import { formatCompact, formatNumber } from '../ui/format.js';

/** 1 January 2024 was a Monday. */
const monday = Date.UTC(2024, 0, 1);
const dayName = (day: number, weekday: 'short' | 'long'): string =>
  new Intl.DateTimeFormat(undefined, { weekday, timeZone: 'UTC' }).format(monday + day * 86_400_000);
const hours = Array.from({ length: 24 }, (_, hour) => hour);

/** Steps of shade; a tenth of the most is to be told from nothing. */
const shades = 5;

export const shadeOf = (count: number, most: number): number =>
  count === 0 ? 0 : Math.max(1, Math.ceil(shades * Math.sqrt(count / most)));

/** Seven days of twenty-four hours, the busier the darker; each says its number. */
export function Hours({ counts }: { counts: readonly (readonly number[])[] }) {
  const most = Math.max(...counts.flat(), 1);
  return (
    <div class="hours-frame">
      <table class="hours">
        <caption class="unseen">Events by day of the week and hour</caption>
        <thead>
          <tr>
            <td />
            {hours.map((hour) => (
              <th key={hour} scope="col">
                {String(hour).padStart(2, '0')}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {counts.map((day, at) => (
            <tr key={String(at)}>
              <th scope="row">{dayName(at, 'short')}</th>
              {day.map((count, hour) => (
                <td
                  key={String(hour)}
                  class={`shade-${shadeOf(count, most)}`}
                  title={`${dayName(at, 'long')}, ${hour} to ${hour + 1} h: ${formatNumber(count)}`}
                >
                  {count === 0 ? <span class="unseen">0</span> : formatCompact(count)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
