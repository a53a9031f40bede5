import { useState } from 'preact/hooks';
import { asProblem, type Problem } from '../../api/problem.js';
import { missingOf, StillNeeded } from '../../manage/dialogs.js';
import { useApp } from '../../shell/app.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { Field, Select } from '../../ui/field.js';
import { formatLocal } from '../../ui/format.js';
import { type Comparison, comparisons, levels, type Matcher, type RuleSummary } from '../types.js';
import { comparisonWords, lengths, readMatcher } from './matchers.js';

const own = 'own';

const untilText = (at: Date | undefined): string | undefined =>
  at && `Until ${formatLocal(at.toISOString(), { seconds: false })}`;

/** Which alerts, until when, why. `matches` is what the link to it already knows. */
export function NewSilence({
  matches,
  rules,
  onClose,
  onMade,
}: {
  matches: readonly string[];
  rules: readonly RuleSummary[];
  onClose: () => void;
  onMade: () => void;
}) {
  const { api, toasts } = useApp();
  const given = matches.flatMap((text) => readMatcher(text) ?? []);
  const [matchers, setMatchers] = useState<readonly Matcher[]>(
    given.length > 0 ? given : [{ name: 'rule_id', comparison: 'equal', value: '' }],
  );
  const [length, setLength] = useState('4h');
  const [until, setUntil] = useState('');
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState<Problem>();
  const [saving, setSaving] = useState(false);

  const ms = lengths.find(({ value }) => value === length)?.ms;
  const endsAt = ms === undefined ? (until === '' ? undefined : new Date(until)) : new Date(Date.now() + ms);
  const missing = missingOf({
    'a field and a value in each line': matchers.every(({ name, value }) => name !== '' && value !== ''),
    'until when': endsAt !== undefined,
    why: reason.trim() !== '',
  });
  const save = async (): Promise<void> => {
    if (missing.length > 0 || !endsAt || saving) return;
    setSaving(true);
    setProblem(undefined);
    try {
      await api.post('/api/silences', { matchers, ends_at: endsAt.toISOString(), reason: reason.trim() });
      toasts.good('It is quiet now');
      onMade();
    } catch (error) {
      setProblem(asProblem(error));
    }
    setSaving(false);
  };
  const alerting = rules.flatMap(({ rules: all }) => all.filter(({ alerts }) => alerts));
  return (
    <Dialog
      look="wide"
      title="New silence"
      form
      onClose={onClose}
      foot={
        <>
          <StillNeeded missing={missing} />
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" disabled={missing.length > 0 || saving} onClick={() => void save()}>
            {saving ? 'Saving' : 'Keep quiet'}
          </Button>
        </>
      }
    >
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <p class="soft">Nobody is told of alerts that all of this fits. They open, grow and resolve all the same.</p>
        {matchers.map((matcher, at) => {
          const change = (changes: Partial<Matcher>): void =>
            setMatchers(matchers.map((one, index) => (index === at ? { ...one, ...changes } : one)));
          const { name, comparison = 'equal', value } = matcher;
          const listed = comparison !== 'glob';
          return (
            <div key={String(at)} class="silence-matcher">
              <Field
                label="Field"
                bare={at > 0}
                mono
                placeholder="ip"
                value={name}
                onInput={(next) => change({ name: next })}
              />
              <Select<Comparison>
                label="Compared"
                bare={at > 0}
                value={comparison}
                choices={comparisons.map((one) => ({ value: one, label: comparisonWords[one] }))}
                onChange={(next) => change({ comparison: next })}
              />
              {name === 'rule_id' && listed && alerting.length > 0 ? (
                <Select
                  label="Value"
                  bare={at > 0}
                  value={value}
                  choices={[
                    { value: '', label: 'Choose a rule' },
                    ...alerting.map(({ id, title }) => ({ value: id, label: title })),
                    ...(value === '' || alerting.some(({ id }) => id === value) ? [] : [{ value, label: value }]),
                  ]}
                  onChange={(next) => change({ value: next })}
                />
              ) : name === 'level' && listed ? (
                <Select
                  label="Value"
                  bare={at > 0}
                  value={value}
                  choices={['', ...levels].map((one) => ({ value: one, label: one || 'Choose a level' }))}
                  onChange={(next) => change({ value: next })}
                />
              ) : (
                <Field
                  label="Value"
                  bare={at > 0}
                  mono
                  placeholder={comparison === 'glob' ? '198.51.100.*' : ''}
                  value={value}
                  onInput={(next) => change({ value: next })}
                />
              )}
              <Button
                look="quiet"
                icon="trash"
                label="Take this out"
                disabled={matchers.length === 1}
                onClick={() => setMatchers(matchers.filter((_, index) => index !== at))}
              />
            </div>
          );
        })}
        <div class="silence-and">
          <Button
            small
            icon="plus"
            disabled={matchers.length >= 16}
            onClick={() => setMatchers([...matchers, { name: '', comparison: 'equal', value: '' }])}
          >
            And
          </Button>
          <span class="field-hint">A field is rule_id, level, organization_id, or one that alerts are grouped by.</span>
        </div>
        <div class="form-row">
          <Select
            label="How long"
            value={length}
            choices={[...lengths, { value: own, label: 'Until a time' }]}
            hint={ms === undefined ? undefined : untilText(endsAt)}
            onChange={setLength}
          />
          {length === own && (
            <Field
              label="Until"
              type="datetime-local"
              required
              hint={untilText(endsAt)}
              value={until}
              problem={problem?.of('/ends_at')[0]?.detail}
              onInput={setUntil}
            />
          )}
        </div>
        <Field
          label="Why"
          placeholder="Penetration test until Friday"
          hint="Stands in the log beside your name."
          maxLength={1024}
          value={reason}
          onInput={setReason}
        />
        {problem && (
          <p class="field-problem" role="alert">
            {length === own && problem.of('/ends_at').length > 0
              ? 'Something above has to be put right.'
              : problem.message}
          </p>
        )}
        <input type="submit" hidden />
      </form>
    </Dialog>
  );
}
