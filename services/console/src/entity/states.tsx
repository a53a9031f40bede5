import { useId } from 'preact/hooks';
import { useLoad } from '../api/load.js';
import { DifferenceTable } from '../event/difference-table.js';
import { useApp } from '../shell/app.js';
import { Badge } from '../ui/badge.js';
import { Button } from '../ui/button.js';
import { formatUtc } from '../ui/format.js';
import { JsonTree } from '../ui/json-tree.js';
import { LoadingRows, ProblemState } from '../ui/states.js';
import { Time } from '../ui/time.js';
import { type Point, pointAt } from './points.js';

export interface EntityState {
  at: string;
  status: 'exact' | 'approximate' | 'unavailable';
  value?: unknown;
  reason: string;
  basis: { id: string; action: string; occurred_at: string; used: 'before' | 'after' }[];
}

const looks = {
  exact: { tone: 'good', shape: 'disc' },
  approximate: { tone: 'warn', shape: 'half' },
  unavailable: { tone: 'bad', shape: 'ring' },
} as const;

const textOf = (at: string): string => (at === 'now' ? 'Now' : formatUtc(at));

/** The state at one time, or what differs between two; both stand in the address, as `at` and `from`. */
export function States({ path, points }: { path: string; points: readonly Point[] }) {
  const { router } = useApp();
  const at = router.text('at') || 'now';
  const from = router.text('from');
  const comparing = from !== '';
  const first = points[0]!.at;
  return (
    <section class="entity-states">
      <div class="entity-sliders">
        {comparing && <Slider label="From" points={points} at={from} onChange={(to) => router.change({ from: to })} />}
        <Slider
          label={comparing ? 'To' : 'State at'}
          points={points}
          at={at}
          onChange={(to) => router.change({ at: to === 'now' ? undefined : to })}
        />
        <div class="entity-buttons">
          {comparing ? (
            <Button small icon="close" onClick={() => router.change({ from: undefined })}>
              One state only
            </Button>
          ) : (
            <Button small icon="columns" onClick={() => router.change({ from: first })}>
              Compare two points
            </Button>
          )}
        </div>
      </div>
      {comparing ? <Between path={path} from={from} to={at} /> : <At path={path} at={at} />}
    </section>
  );
}

/** From change to change, by pointer or arrows; any other time by typing it. */
function Slider({
  label,
  points,
  at,
  onChange,
}: {
  label: string;
  points: readonly Point[];
  at: string;
  onChange: (at: string) => void;
}) {
  const id = useId();
  const index = pointAt(points, at);
  const local = at === 'now' ? '' : localInput(at);
  const change = points[index]?.change;
  return (
    <div class="entity-slider">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="range"
        min={0}
        max={points.length - 1}
        step={1}
        value={Math.max(index, 0)}
        disabled={points.length === 1}
        aria-valuetext={`${textOf(at)}${change ? `, ${change.action}` : ''}`}
        onInput={(event) => onChange(points[Number(event.currentTarget.value)]!.at)}
      />
      <input
        class="input"
        type="datetime-local"
        step={1}
        aria-label={`${label}: a time of one's own`}
        value={local}
        onChange={(event) => {
          const typed = event.currentTarget.value;
          onChange(typed === '' ? 'now' : new Date(typed).toISOString());
        }}
      />
      <span class="entity-at">
        {at === 'now' ? 'now' : <Time iso={at} as="exact" />}
        {change && <span class="faint"> after {change.action}</span>}
        {index < 0 && <span class="faint"> before the first change</span>}
      </span>
    </div>
  );
}

/** As <input type=datetime-local> has it: the time here, without a zone. */
function localInput(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return '';
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

const useStateAt = (path: string, at: string) => {
  const { api } = useApp();
  return useLoad(`${path} ${at}`, async (signal) => {
    const { state } = await api.get<{ state: EntityState }>(path, { at, limit: 1 }, signal);
    return state;
  });
};

function At({ path, at }: { path: string; at: string }) {
  const { data, problem, again } = useStateAt(path, at);
  if (problem) return <ProblemState problem={problem} again={again} />;
  if (!data) return <LoadingRows rows={4} label="Loading the state" />;
  return (
    <>
      <Status state={data} />
      {data.status === 'unavailable' ? null : data.value === null ? (
        <p class="soft">It did not exist any more: it was deleted.</p>
      ) : (
        <JsonTree value={data.value} openDepth={4} />
      )}
    </>
  );
}

function Between({ path, from, to }: { path: string; from: string; to: string }) {
  const before = useStateAt(path, from);
  const after = useStateAt(path, to);
  const problem = before.problem ?? after.problem;
  if (problem) {
    const again = (): void => {
      before.again();
      after.again();
    };
    return <ProblemState problem={problem} again={again} />;
  }
  if (!before.data || !after.data) return <LoadingRows rows={4} label="Loading the states" />;
  return (
    <>
      <Status state={before.data} name="From" />
      <Status state={after.data} name="To" />
      {before.data.status === 'unavailable' || after.data.status === 'unavailable' ? (
        <p class="soft">What differs cannot be said where one of the states is not known.</p>
      ) : (
        <DifferenceTable
          before={before.data.value ?? undefined}
          after={after.data.value ?? undefined}
          titles={[textOf(from), textOf(to)]}
        />
      )}
    </>
  );
}

function Status({ state: { status, reason, basis }, name }: { state: EntityState; name?: string }) {
  const { router } = useApp();
  const { tone, shape } = looks[status];
  return (
    <div class="entity-status" role="status">
      {name && <b>{name}</b>}
      <Badge tone={tone} shape={shape} ground>
        {status}
      </Badge>
      <p>
        {reason.charAt(0).toUpperCase() + reason.slice(1)}.{' '}
        {basis.length > 0 && (
          <span class="faint">
            From{' '}
            {basis.slice(-3).map(({ id, action, used }, index) => (
              <span key={id}>
                {index > 0 && ', '}
                <a href={router.href({ event: id })}>{action}</a> ({used})
              </span>
            ))}
            {basis.length > 3 && ` and ${basis.length - 3} before`}
          </span>
        )}
      </p>
    </div>
  );
}
