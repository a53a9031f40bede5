import './manage.css';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Problem } from '../api/problem.js';
import { useApp } from '../shell/app.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { Checkbox, Field } from '../ui/field.js';
import { Icon } from '../ui/icon.js';
import { useDoing } from './doing.js';

/** What went wrong with something that was asked for; parts that stand at a field of their own are not said twice. */
export function ProblemNote({ problem, shown = [] }: { problem: Problem | undefined; shown?: readonly string[] }) {
  if (!problem) return null;
  const others = problem.errors.filter(({ pointer, parameter }) => !shown.includes(pointer ?? parameter ?? ''));
  const said = problem.errors.length > 0 && others.length === 0;
  return (
    <div class="manage-problem" role="alert">
      <Icon name="warning" />
      <div>
        {said ? <b>Something above has to be put right.</b> : <b>{problem.title}</b>}
        {!said && <p>{problem.detail}</p>}
        {problem.permission && (
          <p>
            It needs the permission <code>{problem.permission}</code>.
          </p>
        )}
      </div>
    </div>
  );
}

/** By what people call it, whether it is said. */
export type Needs = Readonly<Record<string, boolean>>;
export const missingOf = (needs: Needs): string[] => Object.keys(needs).filter((name) => !needs[name]);

/** Why a form cannot be sent yet. */
export const StillNeeded = ({ missing }: { missing: readonly string[] }) => (
  <span class="faint" role="status">
    {missing.length > 0 && `Still needed: ${missing.join(', ')}`}
  </span>
);

/** A form over the page. `onSubmit` closes it, or rejects with a Problem, which stays in sight with the form. */
export function FormDialog({
  title,
  submit,
  wide = false,
  shown,
  needs = {},
  onSubmit,
  onClose,
  children,
}: {
  title: string;
  submit: string;
  wide?: boolean;
  /** Pointers of what the fields say of themselves. */
  shown?: readonly string[];
  /** What cannot be missing, and whether it is there. */
  needs?: Needs;
  onSubmit: () => Promise<void>;
  onClose: () => void;
  children: (problem: Problem | undefined) => ComponentChildren;
}) {
  const { busy, problem, run } = useDoing();
  const missing = missingOf(needs);
  const send = async (): Promise<void> => {
    if (!busy && missing.length === 0) await run(onSubmit);
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      form
      look={wide ? 'wide' : 'middle'}
      foot={
        <>
          <StillNeeded missing={missing} />
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" disabled={busy || missing.length > 0} onClick={() => void send()}>
            {submit}
          </Button>
        </>
      }
    >
      <form
        class="manage-form"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        {children(problem)}
        <ProblemNote problem={problem} {...(shown ? { shown } : {})} />
        {/* Enter in a field sends the form, as in every form. */}
        <input type="submit" hidden />
      </form>
    </Dialog>
  );
}

/** Before something that cannot be taken back. With `name`, it has to be typed. */
export function Confirm({
  title,
  name,
  action,
  onConfirm,
  onClose,
  children,
}: {
  title: string;
  name?: string;
  action: string;
  onConfirm: () => Promise<void>;
  onClose: () => void;
  children: ComponentChildren;
}) {
  const [typed, setTyped] = useState('');
  const { busy, problem, run } = useDoing();
  const sure = name === undefined || typed.trim() === name;
  const go = async (): Promise<void> => {
    if (sure && !busy && (await run(onConfirm))) onClose();
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="danger" disabled={!sure || busy} onClick={() => void go()}>
            {action}
          </Button>
        </>
      }
    >
      <form
        class="manage-form"
        onSubmit={(event) => {
          event.preventDefault();
          void go();
        }}
      >
        {children}
        {name !== undefined && (
          <Field label={`Type “${name}” to go on`} value={typed} onInput={setTyped} autocomplete="off" mono />
        )}
        <ProblemNote problem={problem} />
        <input type="submit" hidden />
      </form>
    </Dialog>
  );
}

/** A secret that is shown this once: the way out is to say that it was kept. */
export function SecretDialog({
  title,
  secret,
  onClose,
  children,
}: {
  title: string;
  secret: string;
  onClose: () => void;
  children: ComponentChildren;
}) {
  const { copy, router } = useApp();
  const [kept, setKept] = useState(false);
  const [copied, setCopied] = useState(false);
  const [refused, setRefused] = useState(false);
  useEffect(() => {
    if (kept) return;
    // The browser asks before it reloads or closes what cannot be shown again.
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener('beforeunload', ask);
    const free = router.hold(() => {
      setRefused(true);
      return true;
    });
    return () => {
      removeEventListener('beforeunload', ask);
      free();
    };
  }, [kept]);
  return (
    <Dialog
      title={title}
      // Escape must not lose what cannot be shown again.
      onClose={() => (kept ? onClose() : setRefused(true))}
      foot={
        <Button look="primary" disabled={!kept} onClick={onClose}>
          Done
        </Button>
      }
    >
      <div class="manage-form">
        {children}
        <div class="manage-secret">
          <code>{secret}</code>
          <Button
            icon={copied ? 'check' : 'copy'}
            onClick={() => {
              copy(secret);
              setCopied(true);
            }}
          >
            {copied ? 'Copied' : 'Copy'}
          </Button>
        </div>
        <Checkbox label="I have kept it: it is not shown again" checked={kept} onChange={setKept} />
        <div role="status">
          {refused && !kept && (
            <p class="field-problem">Keep it first, then say so above: after this there is only a new one.</p>
          )}
        </div>
      </div>
    </Dialog>
  );
}
