import './versions.css';
import { useState } from 'preact/hooks';
import { Button } from '../../ui/button.js';
import { Empty } from '../../ui/states.js';
import { Time } from '../../ui/time.js';
import type { RuleDetail, RuleVersion } from '../types.js';
import { type DiffLine, diffLines } from './diff.js';

/** What the text was, by whom, and what changed at each step; an older one can be taken into the editor. */
export function Versions({
  rule,
  text,
  onTake,
}: {
  rule: RuleDetail;
  text: string;
  onTake: ((text: string) => void) | undefined;
}) {
  const { versions } = rule;
  const [open, setOpen] = useState<number>();
  if (versions.length === 0) return <Empty icon="clock" title="Nobody has changed or switched it" />;
  const before = (at: number): RuleVersion | undefined => versions[at + 1];
  return (
    <ol class="versions">
      {text !== rule.text && (
        <li>
          <p>
            <b>In the editor</b> <span class="soft">not saved</span>
          </p>
          <Diff lines={diffLines(rule.text, text)} />
        </li>
      )}
      {versions.map((version, at) => (
        <li key={version.version}>
          <p>
            <b>{wordsOf(version, before(at))}</b>{' '}
            <span class="soft">
              <Time iso={version.changed_at} /> by {version.changed_by}
            </span>
            {before(at) && before(at)!.text !== version.text && (
              <Button
                small
                look="quiet"
                aria-expanded={open === at}
                onClick={() => setOpen(open === at ? undefined : at)}
              >
                What changed
              </Button>
            )}
            {onTake && version.text !== text && (
              <Button small look="quiet" onClick={() => onTake(version.text)}>
                Take into the editor
              </Button>
            )}
          </p>
          {open === at && before(at) && <Diff lines={diffLines(before(at)!.text, version.text)} />}
        </li>
      ))}
    </ol>
  );
}

function wordsOf(version: RuleVersion, before: RuleVersion | undefined): string {
  if (version.deleted) return 'Deleted';
  if (!before || before.deleted) return version.enabled ? 'Added, on' : 'Added, off';
  const switched = before.enabled === version.enabled ? '' : version.enabled ? 'Switched on' : 'Switched off';
  const changed = before.text === version.text ? '' : 'Text changed';
  return [changed, switched].filter(Boolean).join(', ') || 'Settings changed';
}

const signs = { added: '+', removed: '−', same: ' ' } as const;

const Diff = ({ lines }: { lines: readonly DiffLine[] }) => (
  <pre class="diff">
    {lines.map(({ kind, text }, at) => (
      <span key={String(at)} class={kind}>
        {`${signs[kind]} ${text}\n`}
      </span>
    ))}
  </pre>
);
