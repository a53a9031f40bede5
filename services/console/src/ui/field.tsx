import './field.css';
import type { ComponentChildren, Ref } from 'preact';
import { useId } from 'preact/hooks';

interface Around {
  label: string;
  hint?: string | undefined;
  /** What is wrong with the value; said to screen readers too. */
  problem?: string | undefined;
  /** Shows no label: where the place says it. It is there for who cannot see the place. */
  bare?: boolean;
}

type Describing = { id: string; 'aria-invalid'?: 'true'; 'aria-describedby'?: string };

function Framed({
  label,
  hint,
  problem,
  bare,
  children,
}: Around & { children: (to: Describing) => ComponentChildren }) {
  const id = useId();
  const described = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(' ');
  const describing: Describing = {
    id,
    ...(problem ? { 'aria-invalid': 'true' as const } : {}),
    ...(described ? { 'aria-describedby': described } : {}),
  };
  return (
    <div class="field">
      <label class={bare ? 'unseen' : ''} for={id}>
        {label}
      </label>
      {children(describing)}
      {hint && (
        <span class="field-hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {problem && (
        <span class="field-problem" id={`${id}-problem`} role="alert">
          {problem}
        </span>
      )}
    </div>
  );
}

/** Those of the browser's inputs that fields need. */
interface Input {
  type?: 'text' | 'search' | 'password' | 'email' | 'url' | 'number' | 'date' | 'datetime-local' | 'time';
  placeholder?: string;
  autocomplete?: 'off' | 'current-password' | 'email';
  required?: boolean;
  disabled?: boolean;
  min?: number | string;
  max?: number | string;
  step?: number | string;
  maxLength?: number;
}

export interface FieldProps extends Around, Input {
  value: string;
  onInput: (value: string) => void;
  mono?: boolean;
  inputRef?: Ref<HTMLInputElement>;
}

/** One line of text, a number, a time. */
export function Field({
  label,
  hint,
  problem,
  bare = false,
  value,
  onInput,
  mono,
  inputRef,
  type = 'text',
  ...rest
}: FieldProps) {
  return (
    <Framed {...{ label, hint, problem, bare }}>
      {(describing) => (
        <input
          {...rest}
          {...describing}
          type={type as 'text'}
          {...(inputRef ? { ref: inputRef } : {})}
          class={`input ${mono ? 'mono' : ''}`}
          value={value}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Framed>
  );
}

/** Several lines of text. */
export function TextArea({
  label,
  hint,
  problem,
  bare = false,
  value,
  onInput,
  rows = 6,
  mono,
  placeholder,
}: Around & {
  value: string;
  onInput: (value: string) => void;
  rows?: number;
  mono?: boolean;
  placeholder?: string;
}) {
  return (
    <Framed {...{ label, hint, problem, bare }}>
      {(describing) => (
        <textarea
          {...describing}
          class={`input ${mono ? 'mono' : ''}`}
          rows={rows}
          placeholder={placeholder}
          spellcheck={false}
          value={value}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Framed>
  );
}

export interface Choice<T extends string = string> {
  value: T;
  label: string;
}

/** One of a few: the browser's own list, which every keyboard and reader knows. */
export function Select<T extends string>({
  label,
  hint,
  problem,
  bare = false,
  value,
  choices,
  onChange,
}: Around & { value: T; choices: readonly Choice<T>[]; onChange: (value: T) => void }) {
  return (
    <Framed {...{ label, hint, problem, bare }}>
      {(describing) => (
        <select
          {...describing}
          class="input"
          value={value}
          onChange={(event) => onChange(event.currentTarget.value as T)}
        >
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
      )}
    </Framed>
  );
}

export function Checkbox({
  label,
  checked,
  onChange,
  disabled = false,
}: {
  label: ComponentChildren;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}) {
  return (
    <label class="checkbox">
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>{label}</span>
    </label>
  );
}
