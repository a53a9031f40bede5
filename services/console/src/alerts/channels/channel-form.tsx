import { useState } from 'preact/hooks';
import { asProblem, type Problem } from '../../api/problem.js';
import { Confirm, missingOf, StillNeeded } from '../../manage/dialogs.js';
import { useApp } from '../../shell/app.js';
import { Button } from '../../ui/button.js';
import { Drawer } from '../../ui/dialog.js';
import { Checkbox, Field, TextArea } from '../../ui/field.js';
import type { Channel, ChannelKind } from '../types.js';
import { ChannelTestButton } from './channel-test.js';
import { itemsOf, kindWords, settingsFrom, settingsOf, typedOf } from './kinds.js';
import { SettingField } from './setting-field.js';

/** A channel of one kind, new or said anew. */
export function ChannelForm({
  channel,
  kind,
  onClose,
  onSaved,
}: {
  channel: Channel | undefined;
  kind: ChannelKind;
  onClose: () => void;
  /** Undefined where it was removed. */
  onSaved: (channel: Channel | undefined) => void;
}) {
  const { api, toasts } = useApp();
  const [name, setName] = useState(channel?.name ?? '');
  const [enabled, setEnabled] = useState(channel?.enabled ?? true);
  const [typed, setTyped] = useState(typedOf(channel));
  const [taken, setTaken] = useState<ReadonlySet<string>>(new Set());
  const [pace, setPace] = useState(String(channel?.messages_per_minute ?? 20));
  const [wait, setWait] = useState(String(channel?.group_seconds ?? 0));
  const [by, setBy] = useState((channel?.group_by ?? []).join(', '));
  const [title, setTitle] = useState(channel?.templates.title ?? '');
  const [body, setBody] = useState(channel?.templates.body ?? '');
  const [problem, setProblem] = useState<Problem>();
  const [saving, setSaving] = useState(false);
  const [removing, setRemoving] = useState(false);

  const wrong = (pointer: string): string | undefined =>
    problem?.errors.find((one) => one.pointer === pointer || one.pointer?.startsWith(`${pointer}/`))?.detail;
  const missing = missingOf({
    'a name': name.trim() !== '',
    ...Object.fromEntries(
      settingsOf[kind]
        .filter(({ required }) => required)
        .map(({ name: setting, label }) => [
          label,
          (typed[setting] ?? '').trim() !== '' || Boolean(channel?.secrets[setting]),
        ]),
    ),
  });
  const save = async (): Promise<void> => {
    if (saving || missing.length > 0) return;
    setSaving(true);
    setProblem(undefined);
    const input = {
      name: name.trim(),
      kind,
      enabled,
      messages_per_minute: Number(pace),
      group_seconds: Number(wait),
      group_by: itemsOf(by),
      templates: { ...(title === '' ? {} : { title }), ...(body === '' ? {} : { body }) },
      settings: settingsFrom(kind, typed, taken),
    };
    try {
      const saved = channel
        ? await api.put<Channel>(
            `/api/alert-channels/${encodeURIComponent(channel.id)}?version=${channel.version}`,
            input,
          )
        : await api.post<Channel>('/api/alert-channels', input);
      toasts.good(channel ? 'Saved' : `“${saved.name}” is set up; send a test`);
      setTyped(typedOf(saved));
      setTaken(new Set());
      onSaved(saved);
    } catch (error) {
      setProblem(asProblem(error));
    }
    setSaving(false);
  };
  const elsewhere =
    problem && !problem.errors.some(({ pointer }) => pointer?.startsWith('/settings/') || pointer === '/name');
  return (
    <Drawer
      title={channel ? channel.name : `New channel: ${kindWords[kind].label}`}
      form
      onClose={onClose}
      actions={channel ? <ChannelTestButton channel={channel} /> : undefined}
      foot={
        <>
          {channel && (
            <Button look="quiet" icon="trash" onClick={() => setRemoving(true)}>
              Remove
            </Button>
          )}
          <StillNeeded missing={missing} />
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" disabled={saving || missing.length > 0} onClick={() => void save()}>
            {saving ? 'Saving' : 'Save'}
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
        <Field
          label="Name"
          hint="Rules name it by this"
          placeholder="security on call"
          maxLength={128}
          value={name}
          problem={wrong('/name')}
          onInput={setName}
        />
        {settingsOf[kind].map((setting) => (
          <SettingField
            key={setting.name}
            setting={setting}
            value={typed[setting.name] ?? ''}
            kept={channel?.secrets[setting.name]}
            taken={taken.has(setting.name)}
            problem={wrong(`/settings/${setting.name}`)}
            onInput={(text) => setTyped({ ...typed, [setting.name]: text })}
            onTake={(on) =>
              setTaken(new Set(on ? [...taken, setting.name] : [...taken].filter((one) => one !== setting.name)))
            }
          />
        ))}
        <Checkbox label="Switched on" checked={enabled} onChange={setEnabled} />
        <details class="channel-more" open={Boolean(problem && elsewhere)}>
          <summary>Pace and wording</summary>
          <div class="form">
            <div class="form-row">
              <Field
                label="Messages a minute"
                type="number"
                min={1}
                max={600}
                hint="What comes faster shares messages"
                value={pace}
                problem={wrong('/messages_per_minute')}
                onInput={setPace}
              />
              <Field
                label="Wait for others, in seconds"
                type="number"
                min={0}
                max={3600}
                hint="0: told at once"
                value={wait}
                problem={wrong('/group_seconds')}
                onInput={setWait}
              />
            </div>
            <Field
              label="Only together with the same"
              mono
              placeholder="rule.id, group.ip"
              hint="rule.id, rule.level, organization or group.NAME, with commas between"
              value={by}
              problem={wrong('/group_by')}
              onInput={setBy}
            />
            <Field
              label="Title"
              mono
              placeholder="{{rule.title}} from {{group.ip|somewhere}}"
              value={title}
              problem={wrong('/templates/title')}
              onInput={setTitle}
            />
            <TextArea
              label="Body"
              mono
              rows={5}
              hint="Values stand in {{ }}; what not every alert has needs something in its place: {{group.ip|no address}}. Empty: the usual words."
              value={body}
              problem={wrong('/templates/body')}
              onInput={setBody}
            />
          </div>
        </details>
        {problem && (
          <p class="field-problem" role="alert">
            {problem.errors.length > 0 && !elsewhere ? 'Something above has to be put right.' : problem.message}
          </p>
        )}
        <input type="submit" hidden />
      </form>
      {removing && channel && (
        <Confirm
          title={`Remove “${channel.name}”`}
          action="Remove"
          onClose={() => setRemoving(false)}
          onConfirm={async () => {
            await api.delete(`/api/alert-channels/${encodeURIComponent(channel.id)}`);
            toasts.good(`“${channel.name}” is removed`);
            onSaved(undefined);
          }}
        >
          <p>Nobody is told by it any more; what waits for it is undelivered. Its address and secrets are forgotten.</p>
        </Confirm>
      )}
    </Drawer>
  );
}
