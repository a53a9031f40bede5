import { Problem } from '../api/problem.js';
import { partsOf, verifiedState } from '../integrity/log.js';
import { Badge, type Level, LevelBadge } from '../ui/badge.js';
import { formatNumber } from '../ui/format.js';
import { Time } from '../ui/time.js';
import { mostAlerts, type Overview as OverviewData } from './data.js';
import { Figure } from './parts.js';
import { tally } from './question.js';

const levels: readonly Level[] = ['critical', 'high', 'medium', 'low', 'informational'];

export function AlertsFigure({ alerts }: { alerts: OverviewData['alerts'] }) {
  if (alerts instanceof Problem) return null;
  const open = alerts.alerts.filter(({ state }) => state === 'open');
  const bad = open.filter(({ level }) => level === 'critical' || level === 'high').length;
  const more = alerts.next_cursor === null ? '' : '+';
  return (
    <Figure label="Open alerts" value={`${formatNumber(open.length)}${more}`} href="/alerts">
      {bad > 0 ? `${formatNumber(bad)} high or critical` : 'none high or critical'}
    </Figure>
  );
}

/** Alerts that are not over, by level and state. */
export function AlertCounts({ alerts }: { alerts: OverviewData['alerts'] }) {
  if (alerts instanceof Problem) return <p class="overview-none">{alerts.detail || alerts.title}</p>;
  if (alerts.alerts.length === 0) return <p class="overview-none">No alert is open.</p>;
  const counts = tally(alerts.alerts, ({ level, state }) => `${level}/${state}`);
  const of = (level: Level, state: string): number => counts.get(`${level}/${state}`) ?? 0;
  return (
    <>
      <table class="overview-alerts">
        <thead>
          <tr>
            <th scope="col">Level</th>
            <th scope="col">Open</th>
            <th scope="col">Acknowledged</th>
          </tr>
        </thead>
        <tbody>
          {levels.map((level) => (
            <tr key={level}>
              <th scope="row">
                <a href={`/alerts?level=${level}`}>
                  <LevelBadge level={level} />
                </a>
              </th>
              <td>{formatNumber(of(level, 'open'))}</td>
              <td>{formatNumber(of(level, 'acknowledged'))}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {alerts.next_cursor !== null && <p class="overview-none">Of the newest {mostAlerts}.</p>}
    </>
  );
}

const ofEvents = (shards: OverviewData['shards']) => shards.filter(({ name }) => name !== 'registry');

export function VerifiedFigure({ shards }: { shards: OverviewData['shards'] }) {
  const those = ofEvents(shards);
  const states = those.map(({ verified }) => verifiedState(verified, undefined));
  const wrong = states.filter((state) => state === 'wrong').length;
  const checked = those.flatMap(({ verified }) => (verified ? [verified.checked_at] : [])).sort();
  const word = wrong > 0 ? 'Wrong' : states.includes('none') ? 'Partly' : 'All';
  if (those.length === 0 || checked.length === 0) {
    return (
      <Figure label="Stored as sealed" value="–" href="/integrity">
        no verifier has run
      </Figure>
    );
  }
  return (
    <Figure
      label="Stored as sealed"
      href="/integrity"
      value={
        <Badge tone={wrong > 0 ? 'bad' : word === 'All' ? 'good' : 'warn'} shape={wrong > 0 ? 'cross' : 'disc'}>
          {word}
        </Badge>
      }
    >
      looked at <Time iso={checked[0]!} />
    </Figure>
  );
}

export function VerifiedList({ shards }: { shards: OverviewData['shards'] }) {
  const those = ofEvents(shards);
  if (those.length === 0) return <p class="overview-none">There is no log yet.</p>;
  return (
    <table class="overview-alerts">
      <thead>
        <tr>
          <th scope="col">Shard</th>
          <th scope="col">Below offset</th>
          <th scope="col">Looked at</th>
        </tr>
      </thead>
      <tbody>
        {those.map(({ name, verified }) => (
          <tr key={name}>
            <th scope="row">
              <Badge
                tone={verifiedState(verified, undefined) === 'wrong' ? 'bad' : verified ? 'good' : 'plain'}
                shape={verifiedState(verified, undefined) === 'wrong' ? 'cross' : verified ? 'disc' : 'ring'}
              >
                {partsOf(name).label}
              </Badge>
            </th>
            <td>{verified ? formatNumber(verified.through_offset) : '–'}</td>
            <td>{verified ? <Time iso={verified.checked_at} /> : '–'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
