import './workshop.css';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { asProblem, type Problem } from '../../api/problem.js';
import { Confirm } from '../../manage/dialogs.js';
import { fillPath } from '../../router/paths.js';
import { useApp } from '../../shell/app.js';
import { Badge } from '../../ui/badge.js';
import { Button, ButtonLink } from '../../ui/button.js';
import { Tabs } from '../../ui/tabs.js';
import { ReadOnly } from '../read-only.js';
import type { RuleDetail } from '../types.js';
import { Backtest } from './backtest.js';
import { type Checked, createChecking } from './checking.js';
import { Checks } from './checks.js';
import { CodeEditor, type LineNote } from './code-editor.js';
import { SimpleForm } from './simple-form.js';
import { Switch } from './switch.js';
import { TellingFields } from './telling.js';
import { readTelling, type Telling, tellingOf } from './told.js';
import { Versions } from './versions.js';

const panel = 'rule-panel';
type View = 'text' | 'form' | 'backtest' | 'versions';

/** A text in the making: as text or form, checked while it is typed, tried over the past, saved. */
export function Workshop({
  saved,
  like = '',
  begin,
  again,
}: {
  saved: RuleDetail | undefined;
  /** Of a new one, the one that it is a copy of. */
  like?: string;
  begin: string;
  again: () => void;
}) {
  const { api, router, sessions, toasts, memory } = useApp();
  const keptName = `sealstream.rule.${sessions.organization.value ?? ''}.${saved?.id ?? `new.${like}`}`;
  const mayChange = sessions.may('manage:alerts');
  const editable = mayChange && saved?.built_in !== true;
  const [text, setText] = useState(() => (editable && memory.get(keptName)) || begin);
  const [telling, setTelling] = useState<Telling>(
    () => (editable && readTelling(memory.get(`${keptName}.telling`))) || tellingOf(saved),
  );
  const [on, setOn] = useState(true);
  // What is typed for the channels is the field's own until then.
  const [discarded, setDiscarded] = useState(0);
  const [saving, setSaving] = useState(false);
  const [removing, setRemoving] = useState(false);
  const [refused, setRefused] = useState<Problem>();
  const checking = useMemo(() => createChecking({ api }), []);
  const changed = saved === undefined || text !== saved.text || !sameTelling(telling, tellingOf(saved));
  useEffect(() => {
    // Those that are built in stand on texts of their own, and were tried before they came here.
    if (editable) checking.check({ text, id: saved?.id });
    return checking.stop;
  }, [text, saved?.version]);

  const write = (next: string): void => {
    setText(next);
    setRefused(undefined);
    // Nobody loses an hour’s work to a closed tab.
    memory.set(keptName, next === begin ? undefined : next);
  };
  const tell = (next: Telling): void => {
    setTelling(next);
    memory.set(`${keptName}.telling`, sameTelling(next, tellingOf(saved)) ? undefined : JSON.stringify(next));
  };
  const forget = (): void => {
    memory.set(keptName, undefined);
    memory.set(`${keptName}.telling`, undefined);
  };
  const discard = (): void => {
    write(saved?.text ?? begin);
    tell(tellingOf(saved));
    setDiscarded(discarded + 1);
  };
  const checked: Checked = editable ? checking.checked.value : { kind: 'unasked' };
  const notes: LineNote[] =
    checked.kind === 'invalid'
      ? [...checked.faults]
          .sort((a, b) => a.line - b.line)
          .map(({ line, text: said }) => ({ line, tone: 'bad', text: said }))
      : checked.kind === 'valid'
        ? checked.validation.warnings.map(({ line, message }) => ({ line, tone: 'warn', text: message }))
        : [];
  const view = (['form', 'backtest', 'versions'] as const).find((one) => one === router.text('view')) ?? 'text';
  const runnable = checked.kind === 'valid' || saved?.built_in === true;

  const save = async (): Promise<void> => {
    if (!editable || saving || !changed) return;
    setSaving(true);
    const body = { text, ...telling };
    try {
      const rule = saved
        ? await api.put<RuleDetail>(`/api/alert-rules/${encodeURIComponent(saved.id)}`, {
            ...body,
            ...(saved.version === null ? {} : { version: saved.version }),
          })
        : await api.post<RuleDetail>('/api/alert-rules', { ...body, enabled: on });
      forget();
      toasts.good(saved ? 'Saved' : `“${rule.name}” is saved${on ? ' and on' : ''}`);
      if (saved) again();
      else router.go(fillPath('/rules/:id', { id: rule.id }), { replace: true });
    } catch (error) {
      setRefused(asProblem(error));
    }
    setSaving(false);
  };
  const turn = async (enabled: boolean): Promise<void> => {
    try {
      await api.post(`/api/alert-rules/${encodeURIComponent(saved!.id)}/${enabled ? 'enable' : 'disable'}`, {});
      const undo = { label: 'Undo', run: () => void turn(!enabled) };
      toasts.good(`“${saved!.name}” is ${enabled ? 'on' : 'off'}`, undo);
      again();
    } catch (error) {
      toasts.bad(asProblem(error).message);
    }
  };
  return (
    <div class="rule">
      <div class="page-head">
        <h1>
          <a class="rule-back" href="/rules">
            Rules
          </a>{' '}
          <span class="faint">/</span> {saved?.name ?? 'New rule'}
        </h1>
        {saved?.built_in && (
          <Badge tone="plain" shape="ring">
            built in
          </Badge>
        )}
        {saved && (mayChange ? <Switch on={saved.enabled} label="The rule" onChange={(to) => void turn(to)} /> : null)}
        {saved && !mayChange && <span class="soft">{saved.enabled ? 'on' : 'off'}</span>}
        {saved && (
          <ButtonLink href={`/alerts?rule=${saved.rules.find(({ alerts }) => alerts)?.id ?? saved.id}`}>
            Its alerts
          </ButtonLink>
        )}
        {saved?.built_in && mayChange && (
          <ButtonLink icon="copy" href={`/rules/new?like=${encodeURIComponent(saved.id)}`}>
            Copy to change
          </ButtonLink>
        )}
        {editable && saved && <Button icon="trash" label="Delete the rule" onClick={() => setRemoving(true)} />}
        {editable && (saved ? changed : text !== begin || !sameTelling(telling, tellingOf(saved))) && (
          <Button onClick={discard}>Discard</Button>
        )}
        {editable && (
          <Button look="primary" disabled={saving || !changed || checked.kind !== 'valid'} onClick={() => void save()}>
            {saving ? 'Saving' : 'Save'}
          </Button>
        )}
      </div>
      {!mayChange && <ReadOnly />}
      {saved?.outdated && (
        <p class="alerts-note">
          The text of an earlier release runs here. Switching it off and on again takes that of this release.
        </p>
      )}
      {refused && (
        <p class="rule-refused" role="alert">
          {refused.kind === 'conflict' && saved
            ? 'Somebody changed the rule meanwhile. Your text stays here; once theirs is loaded, Versions shows the difference, and saving replaces it.'
            : refused.message}
          {refused.kind === 'conflict' && saved && (
            <Button
              small
              onClick={() => {
                setRefused(undefined);
                again();
              }}
            >
              Load theirs
            </Button>
          )}
        </p>
      )}
      <Tabs<View>
        label="Views of the rule"
        panel={panel}
        tabs={[
          { value: 'text', label: 'Text' },
          { value: 'form', label: 'Form' },
          ...(mayChange ? [{ value: 'backtest' as const, label: 'Backtest' }] : []),
          ...(saved ? [{ value: 'versions' as const, label: 'Versions', count: saved.versions.length }] : []),
        ]}
        value={view}
        onChange={(value) => router.change({ view: value === 'text' ? undefined : value })}
      />
      <div
        id={panel}
        role="tabpanel"
        aria-label={view}
        class={`rule-below ${view === 'text' || view === 'form' ? 'split' : ''}`}
      >
        {view === 'text' && (
          <CodeEditor
            label="Text of the rules"
            value={text}
            onInput={write}
            notes={notes}
            disabled={!editable}
            onSave={() => void save()}
          />
        )}
        {view === 'form' && <SimpleForm text={text} onText={write} disabled={!editable} />}
        {(view === 'text' || view === 'form') && (
          <aside class="rule-side" aria-label="Checks and settings">
            <Checks checked={checked} tests={saved?.built_in && mayChange ? { id: saved.id } : undefined} />
            <TellingFields key={discarded} value={telling} onChange={tell} disabled={!editable} />
            {!saved && editable && (
              <div class="rule-on">
                <Switch on={on} label="On once saved" onChange={setOn} /> <span class="soft">once it is saved</span>
              </div>
            )}
          </aside>
        )}
        {view === 'backtest' && (
          <Backtest
            text={text}
            id={saved?.id}
            changed={saved !== undefined && text !== saved.text}
            runnable={runnable}
          />
        )}
        {view === 'versions' && saved && <Versions rule={saved} text={text} onTake={editable ? write : undefined} />}
      </div>
      {removing && saved && (
        <Confirm
          title="Delete the rule?"
          action="Delete"
          onClose={() => setRemoving(false)}
          onConfirm={async () => {
            await api.delete(`/api/alert-rules/${encodeURIComponent(saved.id)}`);
            forget();
            toasts.good(`“${saved.name}” is deleted; its alerts stay`);
            router.go('/rules');
          }}
        >
          <p>“{saved.name}” finds nothing more. Its versions and its alerts stay.</p>
        </Confirm>
      )}
    </div>
  );
}

const sameTelling = (a: Telling, b: Telling): boolean => JSON.stringify(a) === JSON.stringify(b);
