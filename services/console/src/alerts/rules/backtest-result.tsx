import { counted, formatDuration, formatLocal, formatNumber } from '../../ui/format.js';
import { Icon } from '../../ui/icon.js';
import { lazyPart } from '../../ui/lazy-part.js';
import { Time } from '../../ui/time.js';
import type { Backtest, BacktestFinding } from '../types.js';
import { eventsHref, groupText } from '../words.js';

/** Charts are drawn by a library that only those who try a rule need. */
const Chart = lazyPart(() => import('./backtest-chart.js'));

const leftOut: Readonly<Record<string, string>> = {
  late: 'came too late',
  no_group: 'have none of the fields that it groups by',
  no_value: 'lack the value that it looks at',
  no_place: 'have an address that is nowhere known',
};

/** How much, when, which, and what is other than with the saved one. */
export function BacktestResult({ data }: { data: Backtest }) {
  const { coverage, difference } = data;
  return (
    <div class="backtest-result">
      <p class="backtest-sum" role="status">
        <b>{counted(data.findings_total, 'alert')}</b> from {counted(data.hits_total, 'hit')}, in{' '}
        {counted(coverage.events, 'event')} of {formatLocal(data.from, { seconds: false })} –{' '}
        {formatLocal(data.to, { seconds: false })}.
      </p>
      {coverage.cut && (
        <p class="backtest-old">
          <Icon name="warning" size={14} /> It was cut where{' '}
          {coverage.cut.why === 'time' ? 'a minute' : '100,000 matches'} were used up: nothing behind{' '}
          {formatLocal(coverage.cut.at)} was looked at.
        </p>
      )}
      <Chart data={data} />
      {difference && <Difference difference={difference} />}
      <Findings label="Examples" findings={data.findings} total={data.findings_total} />
      <p class="faint">
        {formatNumber(coverage.read)} of these events were read, in {formatDuration(coverage.took_ms)}
        {coverage.way === 'stream' && ', as the database alone cannot say its condition exactly'}.
        {Object.entries(coverage.left_out)
          .filter(([, count]) => count > 0)
          .map(([why, count]) => ` ${formatNumber(count)} that matched ${leftOut[why] ?? why}.`)
          .join('')}
      </p>
    </div>
  );
}

function Difference({ difference }: { difference: NonNullable<Backtest['difference']> }) {
  const { both, only_old_total, only_new_total, only_old, only_new } = difference.findings;
  const same = only_old_total === 0 && only_new_total === 0;
  return (
    <section class="backtest-difference" aria-label="Difference to the saved one">
      <h2>Against the saved one</h2>
      <p>
        {same
          ? `The same ${counted(both, 'alert')}.`
          : `${counted(both, 'alert')} as before, ${formatNumber(only_new_total)} new, ${formatNumber(only_old_total)} no longer.`}
      </p>
      {only_new.length > 0 && (
        <Findings label="New with this text" tone="added" findings={only_new} total={only_new_total} />
      )}
      {only_old.length > 0 && (
        <Findings label="No longer with this text" tone="removed" findings={only_old} total={only_old_total} />
      )}
    </section>
  );
}

const shown = 10;

function Findings({
  label,
  findings,
  total,
  tone = '',
}: {
  label: string;
  findings: readonly BacktestFinding[];
  total: number;
  tone?: 'added' | 'removed' | '';
}) {
  if (findings.length === 0) return null;
  // Those of the difference stand below its own heading.
  const Heading = tone === '' ? 'h2' : 'h3';
  const sign = tone === 'added' ? '+ ' : tone === 'removed' ? '− ' : '';
  return (
    <section aria-label={label}>
      <Heading>
        {label}{' '}
        {total > shown && (
          <span class="faint">
            the first {shown} of {formatNumber(total)}
          </span>
        )}
      </Heading>
      <ol class={`backtest-findings ${tone}`}>
        {findings.slice(0, shown).map((finding) => (
          <li key={finding.id}>
            <a href={eventsHref(finding)}>
              <Time iso={finding.first_seen} as="moment" />
              <b class="cut">
                {sign && <span class="mono backtest-sign">{sign}</span>}
                {groupText(finding.group) || 'all together'}
              </b>
              <span class="faint">{counted(finding.count, 'event')}</span>
              <span class="faint cut">{finding.organization_id}</span>
            </a>
            {finding.events.length > 0 && (
              <ul>
                {finding.events.map((event) => (
                  <li key={event.id} class="cut soft">
                    {event.action} {event.message ?? event.actor.name ?? event.actor.id}
                  </li>
                ))}
              </ul>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
