import { useState } from 'preact/hooks';
import { Badge } from '../ui/badge.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { TextArea } from '../ui/field.js';
import { counted } from '../ui/format.js';
import { kindOf, noTrust, type TrustFiles } from './files.js';

/** What is trusted, said plainly: with nothing given, that it is the bundle's own word. */
export function TrustPanel({ trust, onChange }: { trust: TrustFiles; onChange: (trust: TrustFiles) => void }) {
  const [pasting, setPasting] = useState(false);
  const given = trust.trust !== undefined || trust.pem.length > 0;
  const pinned = pinnedIn(trust.trust?.text);
  return (
    <section class="verify-trust" aria-labelledby="verify-trust">
      <header>
        <h2 id="verify-trust">What you trust</h2>
        {pinned.length > 0 ? (
          <Badge tone="good" shape="disc">
            pinned
          </Badge>
        ) : (
          <Badge tone="warn" shape="triangle">
            first use
          </Badge>
        )}
      </header>
      {pinned.length > 0 ? (
        <dl class="facts">
          {pinned.map(([name, value]) => (
            <>
              <dt>{name}</dt>
              <dd class="mono">{value}</dd>
            </>
          ))}
        </dl>
      ) : (
        <p class="soft">
          Nothing yet: keys are taken from the bundle itself. It can then be shown to agree with itself, and not who
          made it. Drop a <code>trust.json</code> with keys that you got by a way the operator’s server does not
          control.
        </p>
      )}
      {given && (
        <p class="faint">
          {[trust.trust?.name, ...trust.pem.map(({ name }) => name)].filter(Boolean).join(', ')}
          {trust.pem.length > 0 && ` · ${counted(trust.pem.length, 'file')} of timestamping authorities`} · kept in this
          browser
        </p>
      )}
      <div class="verify-actions">
        <Button icon="key" onClick={() => setPasting(true)}>
          Paste trust
        </Button>
        {given && (
          <Button icon="trash" look="quiet" onClick={() => onChange(noTrust)}>
            Forget
          </Button>
        )}
      </div>
      {pasting && <Pasting trust={trust} onChange={onChange} onClose={() => setPasting(false)} />}
    </section>
  );
}

function Pasting({
  trust,
  onChange,
  onClose,
}: {
  trust: TrustFiles;
  onChange: (trust: TrustFiles) => void;
  onClose: () => void;
}) {
  const [text, setText] = useState(trust.trust?.text ?? '');
  const kind = text.trim() === '' ? undefined : kindOf(text);
  const problem = kind === 'bundle' ? problemOf(text) : undefined;
  const use = (): void => {
    if (kind === 'trust') onChange({ ...trust, trust: { name: 'pasted', text } });
    if (kind === 'pem') onChange({ ...trust, pem: [...trust.pem, { name: 'pasted', text }] });
    onClose();
  };
  return (
    <Dialog
      look="wide"
      title="What you trust"
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" disabled={kind === undefined || kind === 'bundle'} onClick={use}>
            Trust this
          </Button>
        </>
      }
    >
      <TextArea
        label="trust.json, or certificates of timestamping authorities (PEM)"
        hint="Members: audience, root_key, log_keys, witnesses, quorum, timestamp_authorities (PEM itself, or file names whose PEM you add)."
        problem={problem}
        value={text}
        onInput={setText}
        rows={12}
        mono
      />
    </Dialog>
  );
}

function problemOf(text: string): string {
  try {
    JSON.parse(text);
    return 'This is JSON, and neither a trust file nor certificates.';
  } catch (error) {
    return `This is neither PEM nor JSON: ${(error as Error).message}`;
  }
}

/** What of it is shown; whether it can be trusted, the verifier says. */
function pinnedIn(text: string | undefined): [string, string][] {
  let file: Record<string, unknown>;
  try {
    file = JSON.parse(text ?? '{}') as Record<string, unknown>;
  } catch {
    return [];
  }
  const list = (name: string): unknown[] => (Array.isArray(file[name]) ? (file[name] as unknown[]) : []);
  const rows: [string, string][] = [];
  if (file.audience !== undefined) rows.push(['Deployment', String(file.audience)]);
  if (file.root_key !== undefined) rows.push(['Root key', String(file.root_key)]);
  for (const key of list('log_keys')) rows.push(['Log key', String(key)]);
  for (const witness of list('witnesses')) rows.push(['Witness', String(witness)]);
  if (list('witnesses').length > 0) {
    rows.push(['Quorum', `${file.quorum ?? list('witnesses').length} of ${list('witnesses').length}`]);
  }
  return rows;
}
