import './states.css';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Problem } from '../api/problem.js';
import { useApp } from '../shell/app.js';
import { Button } from './button.js';
import { formatDuration, formatShare, sentence } from './format.js';
import { Icon, type IconName } from './icon.js';

/** In the place of what is not there: what is so, and what to do. */
export function State({
  icon,
  title,
  children,
  actions,
  role,
  level = 2,
}: {
  icon: IconName;
  title: string;
  children?: ComponentChildren;
  actions?: ComponentChildren;
  role?: 'alert' | 'status';
  /** Of the heading: 1 where nothing else stands on the page. */
  level?: 1 | 2;
}) {
  const Heading = level === 1 ? 'h1' : 'h2';
  return (
    <section class="state" {...(role ? { role } : {})}>
      <Icon name={icon} size={24} />
      <Heading>{title}</Heading>
      {children}
      {actions && <div class="state-actions">{actions}</div>}
    </section>
  );
}

/** A page before it is known what stands on it: its title, and what is so below. */
export const Titled = ({ title, children }: { title: string; children: ComponentChildren }) => (
  <>
    <header class="page-head">
      <h1>{title}</h1>
    </header>
    {children}
  </>
);

export const Empty = ({
  title,
  icon = 'search',
  children,
  actions,
}: {
  title: string;
  icon?: IconName;
  children?: ComponentChildren;
  actions?: ComponentChildren;
}) => (
  <State icon={icon} title={title} actions={actions} role="status">
    {children && <p>{children}</p>}
  </State>
);

/** Lines where text will be; shown after 150 ms, so that what is quick does not flicker. */
export const LoadingRows = ({ rows = 8, label = 'Loading' }: { rows?: number; label?: string }) => (
  <div class="skeleton" role="status" aria-label={label}>
    {Array.from({ length: rows }, (_, at) => (
      <span key={String(at)} style={{ width: `${92 - ((at * 17) % 38)}%` }} />
    ))}
  </div>
);

/** A problem in its own words: a lock where a permission or a right is missing, otherwise what happened and a way to try again. */
export function ProblemState({ problem, again, level = 2 }: { problem: Problem; again?: () => void; level?: 1 | 2 }) {
  const { reachable } = useApp();
  useEffect(() => {
    if (problem.kind !== 'offline' || !again) return;
    let away = !reachable.peek();
    // Whoever waits for the gateway need not press anything.
    return reachable.subscribe((answered) => {
      if (answered && away) again();
      away = !answered;
    });
  }, [problem]);
  if (problem.permission) return <LockedState permission={problem.permission} />;
  if (problem.entitlement) return <LockedState entitlement={problem.entitlement} detail={problem.detail} />;
  return (
    <State
      icon={problem.kind === 'offline' ? 'offline' : 'warning'}
      title={problem.title}
      role="alert"
      level={level}
      actions={
        again && (
          <Button icon="refresh" onClick={again}>
            Try again
          </Button>
        )
      }
    >
      <p>{sentence(problem.detail)}</p>
      {problem.retryAfterMs !== undefined && (
        <p class="state-small">It takes questions again in {formatDuration(problem.retryAfterMs)}.</p>
      )}
      {problem.requestId && (
        <p class="state-small">
          Request <span class="mono">{problem.requestId}</span>
        </p>
      )}
    </State>
  );
}

/** What is there, but not for this person or this plan. */
export function LockedState({
  permission,
  entitlement,
  detail,
}: {
  permission?: string;
  entitlement?: string;
  detail?: string;
}) {
  if (permission) {
    return (
      <State icon="lock" title="You may not see this">
        <p>
          It needs the permission <code>{permission}</code>, which your sign-in does not have. Whoever manages keys and
          roles here can give it.
        </p>
      </State>
    );
  }
  return (
    <State icon="lock" title={`Your plan does not include ${entitlement}`}>
      <p>{detail ?? 'Events are captured all the same; they can be seen once the plan includes it.'}</p>
    </State>
  );
}

/** Something that takes a while: `done` of 1, or undefined while it is not known. */
export function ProgressBar({ done, label, note }: { done: number | undefined; label: string; note?: string }) {
  return (
    <div class="progress">
      <progress aria-label={label} max={1} {...(done === undefined ? {} : { value: done })} />
      <div class="progress-words">
        <span>{note ?? label}</span>
        {done !== undefined && <span>{formatShare(done)}</span>}
      </div>
    </div>
  );
}
