import { useState } from 'preact/hooks';
import { Field, Select } from '../../ui/field.js';
import type { Telling } from './told.js';

const repeats = [0, 3_600, 4 * 3_600, 86_400, 7 * 86_400];
const repeatWords: Readonly<Record<number, string>> = {
  0: 'Never',
  3600: 'Every hour',
  14400: 'Every 4 hours',
  86400: 'Every day',
  604800: 'Every week',
};

export function TellingFields({
  value,
  onChange,
  disabled,
}: {
  value: Telling;
  onChange: (value: Telling) => void;
  disabled: boolean;
}) {
  const [typed, setTyped] = useState(value.channels.join(', '));
  const choices = repeats.includes(value.repeat_seconds) ? repeats : [...repeats, value.repeat_seconds];
  return (
    <fieldset class="form rule-telling" disabled={disabled}>
      <legend>Who is told</legend>
      <Field
        label="Channels"
        hint="Names, ids or kinds (email, slack …), with commas between. Empty: all."
        value={typed}
        onInput={(text) => {
          setTyped(text);
          const channels = text
            .split(',')
            .map((one) => one.trim())
            .filter((one) => one !== '');
          onChange({ ...value, channels });
        }}
      />
      <Select
        label="Again, while it is open"
        value={String(value.repeat_seconds)}
        choices={choices.map((seconds) => ({
          value: String(seconds),
          label: repeatWords[seconds] ?? `Every ${seconds} s`,
        }))}
        onChange={(seconds) => onChange({ ...value, repeat_seconds: Number(seconds) })}
      />
    </fieldset>
  );
}
