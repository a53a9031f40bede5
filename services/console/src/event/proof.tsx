import './proof.css';
import { useEffect, useState } from 'preact/hooks';
import { useLoad } from '../api/load.js';
import { asProblem, Problem } from '../api/problem.js';
import type { AuditEvent } from '../api/types.js';
import { useApp } from '../shell/app.js';
import { Badge } from '../ui/badge.js';
import { Button } from '../ui/button.js';
import { formatNumber } from '../ui/format.js';
import { Icon } from '../ui/icon.js';
import { LoadingRows, ProblemState } from '../ui/states.js';
import { Time } from '../ui/time.js';
import { Value } from '../ui/value.js';
import { type BundleVerdict, VerifyRefusal, verifyInBrowser } from '../verify/verify-in-browser.js';
import { type Checkpoint, loadBundle, loadVerdict, type ProofCheck, type Verdict } from './data.js';
import { isSystem } from './links.js';
import { differingFrom } from './on-screen.js';

const parts = [
  { name: 'signature', title: 'Signature', asks: 'Is it what its producer signed?' },
  { name: 'inclusion', title: 'Inclusion', asks: 'Is it in the log, as witnesses saw it?' },
  { name: 'completeness', title: 'Completeness', asks: 'Is nothing missing around it?' },
  { name: 'time', title: 'Time', asks: 'Who else attests when?' },
] as const;

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

export function CheckBadge({ check: { available, verified } }: { check: ProofCheck }) {
  if (verified) return <Badge tone="good" shape="disc" children="verified" />;
  if (available) return <Badge tone="bad" shape="cross" children="failed" />;
  return <Badge tone="plain" shape="ring" children="not available" />;
}

export function Checks({ checks }: { checks: Readonly<Record<(typeof parts)[number]['name'], ProofCheck>> }) {
  return (
    <ul class="proof-checks">
      {parts.map(({ name, title, asks }) => {
        const check = checks[name];
        return (
          <li key={name}>
            <h3>{title}</h3>
            <CheckBadge check={check} />
            <p class="faint">{asks}</p>
            <p class="proof-message">{sentence(check.message ?? 'This gateway has no log, so it cannot say.')}</p>
            {check.failed && !check.verified && check.available && <code>{check.failed}</code>}
          </li>
        );
      })}
    </ul>
  );
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

type Judging =
  | { at: 'idle' | 'asking' }
  | { at: 'judged'; verdict: BundleVerdict; ms: number }
  | { at: 'failed'; problem: Problem };

function Evidence({ event }: { event: AuditEvent }) {
  const { api, toasts } = useApp();
  const [judging, setJudging] = useState<Judging>({ at: 'idle' });
  const system = isSystem(event);
  useEffect(() => setJudging({ at: 'idle' }), [event.id]);

  const download = async (): Promise<void> => {
    try {
      const bytes = await loadBundle(api, system, event.id);
      const url = URL.createObjectURL(new Blob([bytes], { type: 'application/json' }));
      const link = Object.assign(document.createElement('a'), { href: url, download: `${event.id}.bundle.json` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    } catch (error) {
      toasts.bad(asProblem(error).detail);
    }
  };
  const judge = async (): Promise<void> => {
    setJudging({ at: 'asking' });
    try {
      const bundle = await loadBundle(api, system, event.id);
      const { verdict, tookMs } = await verifyInBrowser(new Blob([bundle]));
      setJudging({ at: 'judged', verdict, ms: tookMs });
    } catch (error) {
      setJudging({ at: 'failed', problem: problemOfJudging(error) });
    }
  };
  return (
    <section class="proof-here">
      <header>
        <div>
          <h3>Do not take the gateway's word for it</h3>
          <p class="soft">
            The evidence bundle holds all that it takes to judge this event: here in the browser, or anywhere with{' '}
            <code>sealstream verify</code>.
          </p>
        </div>
        <div class="proof-buttons">
          <Button look="primary" icon="integrity" disabled={judging.at === 'asking'} onClick={() => void judge()}>
            {judging.at === 'asking' ? 'Verifying' : 'Verify here'}
          </Button>
          <Button icon="download" onClick={() => void download()}>
            Download the bundle
          </Button>
        </div>
      </header>
      {judging.at === 'failed' && <ProblemState problem={judging.problem} again={() => void judge()} />}
      {judging.at === 'judged' && <Judged {...judging} event={event} />}
    </section>
  );
}

function problemOfJudging(error: unknown): Problem {
  if (!(error instanceof VerifyRefusal)) return asProblem(error);
  const title = error.kind === 'browser' ? 'This browser cannot judge it' : 'The bundle cannot be read';
  return new Problem({ kind: error.kind, status: 0, title, detail: sentence(error.message) });
}

function Judged({ verdict, ms, event }: { verdict: BundleVerdict; ms: number; event: AuditEvent }) {
  const { verified, tampered, message, checks, trust } = verdict;
  const signed = verdict.events.find(({ id }) => id === event.id);
  const differing = signed ? differingFrom(signed, event) : [];
  // A gateway that shows one event and proves another would be believed otherwise.
  const other = verdict.question.kind !== 'event' || verdict.question.id !== event.id;
  const bad = tampered || other || differing.length > 0;
  const tone = bad ? 'bad' : verified ? 'good' : 'warn';
  const word = tampered ? 'tampered with' : bad ? 'another event' : verified ? 'verified here' : 'not verified';
  const said = tampered
    ? sentence(message)
    : other
      ? 'The bundle that the gateway gave is not of this event.'
      : bad
        ? `What is on screen is not what was signed: ${differing.join(', ')}.`
        : sentence(message);
  return (
    <div role="status">
      <p class={`proof-whole ${tone}`}>
        <Badge tone={tone} shape={tone === 'good' ? 'disc' : tone === 'bad' ? 'cross' : 'half'} ground>
          {word}
        </Badge>
        <span>{said}</span>
      </p>
      <Checks checks={checks} />
      <p class="faint">
        Judged in this browser in {formatNumber(Math.max(1, Math.round(ms)))} ms.{' '}
        {verified &&
          !bad &&
          signed &&
          'Time, actor, action, target, outcome and message are on screen as they were signed. '}
        {trust.deployment === 'first_use' && (
          <>
            The keys are those that the bundle names: whose they are, only keys tell that you hold from elsewhere (
            <a href="/verify">Verify a bundle</a>, or <code>sealstream verify --root-key</code>).
          </>
        )}
      </p>
    </div>
  );
}

function Facts({ verdict: { checks } }: { verdict: Verdict }) {
  const { record, signed_by, erased } = checks.signature;
  const heads = checks.completeness.heads ?? [];
  const attested = checks.time.attested ?? [];
  const checkpoints = checks.inclusion.checkpoints ?? [];
  return (
    <>
      {(signed_by || record) && (
        <section>
          <h3>Record</h3>
          <dl class="event-fields">
            {signed_by && (
              <>
                <div>
                  <dt>Signed by</dt>
                  <dd>
                    <Value text={signed_by.producer_id} />
                  </dd>
                </div>
                <div>
                  <dt>Key</dt>
                  <dd>
                    <Value text={signed_by.key_id} mono />
                  </dd>
                </div>
              </>
            )}
            {record && (
              <div>
                <dt>Place</dt>
                <dd>
                  partition {record.partition}, offset {formatNumber(record.offset)}, event {record.index} of the record
                </dd>
              </div>
            )}
            {erased && (
              <div>
                <dt>Erased</dt>
                <dd>
                  {erased.parts.join(' and ')}, named by{' '}
                  {erased.listed_in.map((id) => (
                    <a key={id} href={`/events/${id}?view=system`} class="mono">
                      {id}
                    </a>
                  ))}
                </dd>
              </div>
            )}
          </dl>
        </section>
      )}
      {checkpoints.length > 0 && (
        <section>
          <h3>Checkpoints</h3>
          {checkpoints.map((checkpoint) => (
            <CheckpointFacts key={checkpoint.origin} checkpoint={checkpoint} />
          ))}
        </section>
      )}
      {heads.length > 0 && (
        <section>
          <h3>Numbering of the producers</h3>
          <dl class="event-fields">
            {heads.map(({ log, producerId, lane, sequences, signedBy, at }) => (
              <div key={`${log} ${producerId} ${lane}`}>
                <dt>
                  {producerId}, lane {lane}
                </dt>
                <dd>
                  {sequences ? `${formatNumber(sequences[0])} to ${formatNumber(sequences[1])}, ` : ''}signed up to
                  there by {signedBy} <Time iso={at} as="exact" />
                </dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      {attested.length > 0 && (
        <section>
          <h3>Times attested</h3>
          <dl class="event-fields">
            {attested.map(({ log, at, authority }) => (
              <div key={`${log} ${at}`}>
                <dt class="cut" title={authority}>
                  {authority}
                </dt>
                <dd>
                  <Time iso={at} as="exact" />
                </dd>
              </div>
            ))}
          </dl>
        </section>
      )}
    </>
  );
}

function CheckpointFacts({ checkpoint }: { checkpoint: Checkpoint }) {
  const { origin, size, root, signedBy, witnesses, missing } = checkpoint;
  return (
    <dl class="event-fields proof-checkpoint">
      <div>
        <dt>Log</dt>
        <dd>
          <Value text={origin} mono />
        </dd>
      </div>
      <div>
        <dt>Size</dt>
        <dd>{formatNumber(size)}</dd>
      </div>
      <div>
        <dt>Root</dt>
        <dd>
          <Value text={root} mono />
        </dd>
      </div>
      <div>
        <dt>Log key</dt>
        <dd class="mono">{signedBy.join(', ')}</dd>
      </div>
      <div>
        <dt>Witnesses</dt>
        <dd>
          <ul>
            {witnesses.map(({ name, at }) => (
              <li key={name}>
                <Icon name="check" size={14} /> {name} <Time iso={at} as="exact" />
              </li>
            ))}
            {missing.map((name) => (
              <li key={name} class="proof-missing">
                <Icon name="close" size={14} /> {name} has not cosigned
              </li>
            ))}
            {witnesses.length + missing.length === 0 && <li class="faint">none</li>}
          </ul>
        </dd>
      </div>
    </dl>
  );
}
