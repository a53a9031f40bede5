import './overview.css';
import { useLoad } from '../api/load.js';
import { useApp, useKeys } from '../shell/app.js';
import { Button } from '../ui/button.js';
import { Select } from '../ui/field.js';
import { counted, formatNumber, formatShare } from '../ui/format.js';
import { Empty, LoadingRows, ProblemState } from '../ui/states.js';
import { Time } from '../ui/time.js';
import { loadOverview, type Overview as OverviewData } from './data.js';
import { Card, Figure, Legend, Ranking } from './parts.js';
import { betweenHref, exploreHref, failedSignIns, rangeOf, ranges, rankedOf, seriesOf } from './question.js';
import { useRefresh } from './refresh.js';
import { StackedChart } from './stacked-chart.js';
import { AlertCounts, AlertsFigure, VerifiedFigure, VerifiedList } from './watched.js';

/** Each refresh is itself written down in the log: who looks, and how often. */
const everyMs = 60_000;
const categoryColours = [
  '--series-1',
  '--series-2',
  '--series-3',
  '--series-4',
  '--series-5',
  '--series-6',
  '--series-0',
];
const outcomeColours: Readonly<Record<string, string>> = {
  success: '--series-3',
  failure: '--series-bad',
  denied: '--series-4',
  validation_failed: '--series-2',
  partial: '--series-5',
};

/** What happened lately, at a glance; every number opens the events that it counts. */
export default function Overview() {
  const { api, router } = useApp();
  const range = rangeOf(router.text('range'));
  const { data, problem, loading, again } = useLoad(range.name, (signal) =>
    loadOverview({ api, ms: range.ms }, signal),
  );
  useRefresh(again, everyMs);
  useKeys([{ key: 'r', does: 'Look again', run: again }]);
  return (
    <div class="overview">
      <header class="page-head">
        <h1>Overview</h1>
        {data && (
          <span class="faint overview-at">
            {problem ? `Could not look again: ${problem.title}. ` : ''}As of <Time iso={data.at} />, anew each minute
          </span>
        )}
        <Select
          label="Time"
          bare
          value={range.name}
          choices={ranges.map(({ name, label }) => ({ value: name, label }))}
          onChange={(name) => router.change({ range: name === '24h' ? undefined : name }, { push: true })}
        />
        <Button icon="refresh" label="Look again" onClick={again} disabled={loading} />
      </header>
      {problem && !data ? (
        <ProblemState problem={problem} again={again} />
      ) : data ? (
        <Shown data={data} range={range.name} />
      ) : (
        <LoadingRows label="Loading the overview" rows={14} />
      )}
    </div>
  );
}

function Shown({ data, range }: { data: OverviewData; range: string }) {
  const { router } = useApp();
  const { byCategory, byOutcome, signIns, signInFacets, facets, newest } = data;
  const href = (filters = {}): string => exploreHref(range, filters);
  if (byCategory.total === 0 && newest.events.length === 0) {
    return (
      <Empty title="No events yet" icon="overview">
        Once a service sends events, this page shows how many, by whom, and what failed.
      </Empty>
    );
  }
  const categories = seriesOf(byCategory);
  const outcomes = seriesOf(byOutcome);
  const outcomeColour = outcomes.map(({ value }) => outcomeColours[value] ?? '--series-0');
  const good = outcomes.find(({ value }) => value === 'success')?.total ?? 0;
  const failed = byOutcome.total - good;
  const notGood = ['failure', 'denied', 'validation_failed', 'partial'];
  return (
    <>
      <div class="overview-figures">
        <Figure label="Events" value={formatNumber(byCategory.total)} href={href()}>
          {newest.events[0] && (
            <>
              newest <Time iso={newest.events[0].recorded_at} />
            </>
          )}
        </Figure>
        <Figure label="Not successful" value={formatNumber(failed)} href={href({ outcome: notGood })}>
          {byOutcome.total > 0 && `${formatShare(failed / byOutcome.total)} of all`}
        </Figure>
        <Figure label="Failed sign-ins" value={formatNumber(signIns.total)} href={href(failedSignIns)}>
          from {counted(signInFacets.facets.ip?.distinct ?? 0, 'address', 'addresses')}
        </Figure>
        <AlertsFigure alerts={data.alerts} />
        <VerifiedFigure shards={data.shards} />
      </div>
      <div class="overview-grid">
        <Card title="Events by category" href={href()} wide>
          <StackedChart
            data={byCategory}
            series={categories}
            colours={categoryColours}
            label={`Events by category: ${categories.map(({ label, total }) => `${label} ${formatNumber(total)}`).join(', ')}`}
            onRange={(from, to) => router.go(betweenHref(from, to))}
          />
          <Legend series={categories} colours={categoryColours} hrefOf={(category) => href({ category })} />
        </Card>
        <Card title="Events by outcome" href={href()} wide>
          <StackedChart
            data={byOutcome}
            series={outcomes}
            colours={outcomeColour}
            label={`Events by outcome: ${outcomes.map(({ label, total }) => `${label} ${formatNumber(total)}`).join(', ')}`}
            onRange={(from, to) => router.go(betweenHref(from, to))}
          />
          <Legend series={outcomes} colours={outcomeColour} hrefOf={(outcome) => href({ outcome })} />
        </Card>
        <Card title="Failed sign-ins" href={href(failedSignIns)} wide>
          <StackedChart
            data={signIns}
            series={seriesOf(signIns)}
            colours={seriesOf(signIns).map(({ value }) => outcomeColours[value] ?? '--series-0')}
            label={`Failed sign-ins over time: ${formatNumber(signIns.total)}`}
            heightPx={150}
            onRange={(from, to) => router.go(betweenHref(from, to, failedSignIns))}
          />
          <Legend
            series={seriesOf(signIns)}
            colours={seriesOf(signIns).map(({ value }) => outcomeColours[value] ?? '--series-0')}
            hrefOf={(outcome) => href({ category: 'auth', outcome })}
          />
        </Card>
        <Card title="Addresses of failed sign-ins" href={href(failedSignIns)} wide>
          <Ranking
            items={rankedOf(signInFacets, 'ip')}
            hrefOf={(ip) => href({ ...failedSignIns, ip })}
            none="No sign-in failed."
          />
        </Card>
        <Card title="Alerts" href="/alerts">
          <AlertCounts alerts={data.alerts} />
        </Card>
        <Card title="Top actors" href={href()}>
          <Ranking items={rankedOf(facets, 'actor')} hrefOf={(actor) => href({ actor })} none="Nobody did anything." />
        </Card>
        <Card title="Top targets" href={href()}>
          <Ranking
            items={rankedOf(facets, 'target_id')}
            hrefOf={(target_id) => href({ target_id })}
            none="Nothing was done to anything."
          />
        </Card>
        <Card title="Top actions" href={href()}>
          <Ranking items={rankedOf(facets, 'action')} hrefOf={(action) => href({ action })} none="No actions." />
        </Card>
        <Card title="Top services" href={href()}>
          <Ranking items={rankedOf(facets, 'service')} hrefOf={(service) => href({ service })} none="No services." />
        </Card>
        <Card title="Verified through" href="/integrity">
          <VerifiedList shards={data.shards} />
        </Card>
      </div>
    </>
  );
}
