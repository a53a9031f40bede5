import './verify.css';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useApp, useKeys } from '../shell/app.js';
import { Badge } from '../ui/badge.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { TextArea } from '../ui/field.js';
import { formatBytes, formatDuration } from '../ui/format.js';
import { Icon } from '../ui/icon.js';
import { ProgressBar, State } from '../ui/states.js';
import { readTrustFiles, sortFiles, type TrustFiles, trustMemory } from './files.js';
import { createResults, type Judged } from './results.js';
import { TrustPanel } from './trust-panel.js';
import { Verdict, VerdictBadge } from './verdict.js';
import { verifyInBrowser } from './verify-in-browser.js';

/** Bundles judged in this browser: nothing of them is sent anywhere. */
export default function Verify() {
  const { dropped, memory } = useApp();
  const results = useMemo(() => createResults(), []);
  const [trust, setTrust] = useState<TrustFiles>(() => readTrustFiles(memory.get(trustMemory)));
  const [pasting, setPasting] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    // Loaded now, the verifier is there when the network is not.
    void verifyInBrowser('').catch(() => {});
    return results.stop;
  }, []);

  const believe = (next: TrustFiles): void => {
    setTrust(next);
    const nothing = next.trust === undefined && next.pem.length === 0;
    memory.set(trustMemory, nothing ? undefined : JSON.stringify(next));
    results.again(next);
  };
  const take = async (files: readonly File[]): Promise<void> => {
    const sorted = await sortFiles(files);
    let now = trust;
    if (sorted.trust || sorted.pem.length > 0) {
      now = { ...trust, ...(sorted.trust ? { trust: sorted.trust } : {}), pem: [...trust.pem, ...sorted.pem] };
      believe(now);
    }
    results.judge(sorted.bundles, now);
  };
  const waiting = dropped.value;
  useEffect(() => {
    if (waiting.length === 0) return;
    dropped.value = [];
    void take(waiting);
  }, [waiting]);
  useKeys([{ key: 'o', does: 'Choose files to verify', run: () => input.current?.click() }]);

  const list = results.list.value;
  const choose = (
    <Button look="primary" icon="plus" onClick={() => input.current?.click()}>
      Choose files
    </Button>
  );
  return (
    <div class="verify">
      <header class="page-head">
        <h1>Verify a bundle</h1>
        <Button icon="copy" onClick={() => setPasting(true)}>
          Paste a bundle
        </Button>
        {list.length > 0 && choose}
      </header>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="Files to verify"
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          event.currentTarget.value = '';
          void take(files);
        }}
      />
      <div class="verify-below">
        <div class="verify-results">
          {list.length === 0 ? (
            <div class="verify-zone">
              <State icon="integrity" title="Drop an evidence bundle anywhere in the console" actions={choose}>
                <p>
                  It is judged in this browser, offline: signatures, its place in the log, that nothing is missing, and
                  the time. Bundles come from <b>Proof</b> of an event, from <code>sealstream proof</code>, or from{' '}
                  <code>POST /api/audit/proofs</code>.
                </p>
              </State>
            </div>
          ) : (
            list.map((judged) => <Result key={judged.id} judged={judged} onClose={() => results.close(judged.id)} />)
          )}
        </div>
        <aside class="verify-side" aria-label="Trust">
          <TrustPanel trust={trust} onChange={believe} />
          <section>
            <h2>Without this server</h2>
            <p class="soft">
              This page came from the gateway. Whoever does not trust that either judges the file with the command line,
              without a network:
            </p>
            <code class="verify-command">
              sealstream verify <span>--offline bundle.json</span> <span>--trust trust.json</span>
            </code>
          </section>
        </aside>
      </div>
      {pasting && (
        <Pasting
          onClose={() => setPasting(false)}
          onText={(text) => {
            setPasting(false);
            void take([new File([text], 'pasted')]);
          }}
        />
      )}
    </div>
  );
}

function Pasting({ onText, onClose }: { onText: (text: string) => void; onClose: () => void }) {
  const [text, setText] = useState('');
  return (
    <Dialog
      look="wide"
      title="Paste a bundle"
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" disabled={text.trim() === ''} onClick={() => onText(text)}>
            Verify
          </Button>
        </>
      }
    >
      <TextArea label="The bundle’s JSON" value={text} onInput={setText} rows={14} mono />
    </Dialog>
  );
}

const refusals = {
  unreadable_bundle: 'Cannot be read',
  unreadable_trust: 'Not judged',
  browser: 'Not judged',
} as const;

function Result({ judged: { name, bytes, state }, onClose }: { judged: Judged; onClose: () => void }) {
  return (
    <article class="verify-result" aria-label={name}>
      <header>
        {state.kind === 'judging' ? (
          <Badge tone="plain" shape="half" ground>
            Judging
          </Badge>
        ) : state.kind === 'refused' ? (
          <Badge tone="bad" shape="bar" ground>
            {refusals[state.refusal.kind]}
          </Badge>
        ) : (
          <VerdictBadge verdict={state.verdict} />
        )}
        <h2 class="cut" title={name}>
          {name}
        </h2>
        <span class="faint">
          {formatBytes(bytes)}
          {state.kind === 'verdict' && ` · ${formatDuration(state.tookMs)}`}
        </span>
        <Button look="quiet" small icon="close" label={`Put ${name} away`} onClick={onClose} />
      </header>
      <div role="status">
        {state.kind === 'judging' && <ProgressBar done={undefined} label={`Judging ${name}`} note="Judging here" />}
        {state.kind === 'refused' && (
          <div class="verdict-failed bad">
            <Icon name="warning" />
            <div>
              <code>{state.refusal.kind}</code>
              <p>{sentence(state.refusal.message)}</p>
              {state.refusal.kind === 'unreadable_bundle' && (
                <p class="soft">Nothing is said of what it would have proven.</p>
              )}
            </div>
          </div>
        )}
        {state.kind === 'verdict' && !state.verdict.failed && <p class="verify-message">{state.verdict.message}</p>}
      </div>
      {state.kind === 'verdict' && <Verdict verdict={state.verdict} />}
    </article>
  );
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
