import './proof.css';
import { useEffect } from 'preact/hooks';
import { useLoad } from '../api/load.js';
import type { AuditEvent } from '../api/types.js';
import { useApp } from '../shell/app.js';
import { Badge } from '../ui/badge.js';
import { LoadingRows, ProblemState } from '../ui/states.js';
import { Checks } from './checks.js';
import { loadVerdict, type Verdict } from './data.js';
import { Evidence } from './evidence.js';
import { Facts } from './facts.js';
import { isSystem } from './links.js';

/** What the gateway says of the event's proof, and the same judged here. */
export function Proof({ event }: { event: AuditEvent }) {
  const { api } = useApp();
  const system = isSystem(event);
  const { data, problem, loading, again } = useLoad(`${system} ${event.id}`, (signal) =>
    loadVerdict(api, system, event.id, signal),
  );
  const waitMs = data?.status === 'pending' ? (data.retry_after_seconds ?? 2) * 1_000 : undefined;
  useEffect(() => {
    if (waitMs === undefined || loading) return;
    const timer = setTimeout(again, waitMs);
    return () => clearTimeout(timer);
  }, [data, loading]);
  if (problem) return <ProblemState problem={problem} again={again} />;
  if (!data) return <LoadingRows label="Verifying" />;
  return (
    <div class="event-part">
      <Whole verdict={data} />
      <Checks checks={data.checks} />
      {data.status !== 'pending' && <Evidence event={event} />}
      <Facts verdict={data} />
    </div>
  );
}

function Whole({ verdict: { status, message } }: { verdict: Verdict }) {
  const look = {
    verified: { tone: 'good', shape: 'disc', word: 'verified' },
    failed: { tone: 'bad', shape: 'cross', word: 'not verified' },
    pending: { tone: 'note', shape: 'half', word: 'not there yet' },
  } as const;
  const { tone, shape, word } = look[status];
  return (
    <p class={`proof-whole ${tone}`} role="status">
      <Badge tone={tone} shape={shape} ground>
        {word}
      </Badge>
      <span>{message}</span>
    </p>
  );
}
