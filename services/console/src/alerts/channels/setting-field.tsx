import { Checkbox, Field, Select, TextArea } from '../../ui/field.js';
import type { Setting } from './kinds.js';

/** One setting. Of a secret that is kept only what it may be recognised by is said; what is typed takes its place. */
export function SettingField({
  setting,
  value,
  kept,
  taken,
  problem,
  onInput,
  onTake,
}: {
  setting: Setting;
  value: string;
  kept: string | undefined;
  taken: boolean;
  problem: string | undefined;
  onInput: (value: string) => void;
  onTake: (taken: boolean) => void;
}) {
  const { label, hint, secret, required, as, choices } = setting;
  const placeholder = kept === undefined ? setting.placeholder : `Kept (${kept}). Type to replace it`;
  const shown = {
    label: required ? label : `${label} (optional)`,
    hint,
    problem,
    value,
    onInput,
    ...(placeholder === undefined ? {} : { placeholder }),
  };
  if (choices)
    return <Select label={label} hint={hint} problem={problem} value={value} choices={choices} onChange={onInput} />;
  return (
    <div class="setting">
      {as === 'headers' ? (
        <TextArea {...shown} mono rows={3} />
      ) : (
        <Field
          {...shown}
          mono={secret === true}
          type={as === 'number' ? 'number' : secret && setting.name !== 'url' ? 'password' : 'text'}
          {...(secret ? { autocomplete: 'off' as const } : {})}
        />
      )}
      {secret && !required && kept !== undefined && (
        <Checkbox label={`Take the ${label.toLowerCase()} away`} checked={taken} onChange={onTake} />
      )}
    </div>
  );
}
