import { useEffect, useState } from 'preact/hooks';
import { asProblem, Problem } from '../api/problem.js';
import type { AuditEvent } from '../api/types.js';
import { useApp } from '../shell/app.js';
import { Badge } from '../ui/badge.js';
import { Button } from '../ui/button.js';
import { formatNumber, sentence } from '../ui/format.js';
import { ProblemState } from '../ui/states.js';
import { type BundleVerdict, VerifyRefusal, verifyInBrowser } from '../verify/verify-in-browser.js';
import { Checks } from './checks.js';
import { loadBundle } from './data.js';
import { isSystem } from './links.js';
import { differingFrom } from './on-screen.js';

type Judging =
  | { at: 'idle' | 'asking' }
  | { at: 'judged'; verdict: BundleVerdict; ms: number }
  | { at: 'failed'; problem: Problem };

/** The evidence bundle of an event: to be downloaded, or judged here. */
export function Evidence({ event }: { event: AuditEvent }) {
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
