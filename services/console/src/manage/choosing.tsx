import { useState } from 'preact/hooks';
import { type Permission, permissions } from '../api/types.js';
import { useApp } from '../shell/app.js';
import { Checkbox, Field, Select } from '../ui/field.js';
import { formatLocal } from '../ui/format.js';
import { type Expiry, expirySpans, idsOf, type Organizations } from './chosen.js';

/** Which organizations something is for: all, or those that are named. */
export function OrganizationsField({
  value,
  onChange,
  problem,
}: {
  value: Organizations;
  onChange: (value: Organizations) => void;
  problem?: string | undefined;
}) {
  const { sessions } = useApp();
  const known = sessions.organizations.value;
  const all = sessions.session.value?.organizations === '*';
  const chosen = value === '*' ? [] : value;
  const toggle = (id: string, on: boolean): void => onChange(on ? [...chosen, id] : chosen.filter((one) => one !== id));
  const others = chosen.filter((id) => !known.some((one) => one.id === id));
  // As it is typed: a comma at the end is the beginning of the next.
  const [typed, setTyped] = useState(others.join(', '));
  return (
    <fieldset class="manage-set">
      <legend>Organizations</legend>
      {all && (
        <Checkbox
          label="Every organization, also those to come"
          checked={value === '*'}
          onChange={(on) => onChange(on ? '*' : [])}
        />
      )}
      {value !== '*' && (
        <>
          <div class="manage-choices">
            {known.slice(0, 50).map(({ id, name }) => (
              <Checkbox
                key={id}
                label={name === id ? id : `${name} (${id})`}
                checked={chosen.includes(id)}
                onChange={(on) => toggle(id, on)}
              />
            ))}
          </div>
          <Field
            label="Others, by id"
            hint="With commas between."
            value={typed}
            onInput={(text) => {
              setTyped(text);
              onChange([...chosen.filter((id) => !others.includes(id)), ...idsOf(text)]);
            }}
            problem={problem}
            mono
          />
        </>
      )}
    </fieldset>
  );
}

const meanings: Readonly<Record<Permission, string>> = {
  'view:audit_logs': 'read events',
  'view:system_audit_logs': 'read events of the system',
  'view:owner_events': 'read what only owners may',
  'export:audit_logs': 'export',
  'write:events': 'send events',
  verify: 'verify and prove',
  'manage:alerts': 'rules, silences, channels',
  'manage:keys': 'keys, producers, roles, auditors',
  admin: 'organizations, entitlements, erasures',
};

/** Of those that the asker has: nobody grants more. */
export function PermissionsField({
  value,
  onChange,
}: {
  value: readonly Permission[];
  onChange: (value: Permission[]) => void;
}) {
  const { sessions } = useApp();
  return (
    <fieldset class="manage-set">
      <legend>Permissions</legend>
      <div class="manage-choices">
        {permissions.map((one) => (
          <Checkbox
            key={one}
            label={
              <>
                <code>{one}</code> <span class="faint">{meanings[one]}</span>
              </>
            }
            checked={value.includes(one)}
            disabled={!sessions.may(one)}
            onChange={(on) => onChange(on ? [...value, one] : value.filter((other) => other !== one))}
          />
        ))}
      </div>
    </fieldset>
  );
}

export function ExpiryField({
  value,
  onChange,
  mostDays,
  problem,
}: {
  value: Expiry;
  onChange: (value: Expiry) => void;
  /** Where never is not among the choices. */
  mostDays?: number;
  problem?: string | undefined;
}) {
  const choices = expirySpans.filter(
    ({ value }) => mostDays === undefined || value === 'at' || Number(value) <= mostDays,
  );
  return (
    <>
      <Select
        label="Expires"
        value={value.span}
        choices={[...(mostDays === undefined ? [{ value: 'never' as const, label: 'never' }] : []), ...choices]}
        onChange={(span) => onChange({ ...value, span })}
        problem={value.span === 'at' ? undefined : problem}
      />
      {value.span === 'at' && (
        <Field
          label="At, in your time"
          type="datetime-local"
          hint={inWords(value.at)}
          value={value.at}
          onInput={(at) => onChange({ ...value, at })}
          problem={problem}
        />
      )}
    </>
  );
}

/** Day and month cannot be mistaken for each other. */
const inWords = (at: string): string | undefined =>
  Number.isNaN(Date.parse(at)) ? undefined : formatLocal(new Date(at).toISOString(), { seconds: false });

/** `Acme Robotics` where there is a name. */
export function OrganizationNames({ value }: { value: Organizations }) {
  const { sessions } = useApp();
  if (value === '*') return <span>every organization</span>;
  const names = new Map(sessions.organizations.value.map(({ id, name }) => [id, name]));
  return (
    <span title={value.join(', ')}>
      {value
        .slice(0, 3)
        .map((id) => names.get(id) ?? id)
        .join(', ')}
      {value.length > 3 && <span class="faint"> and {value.length - 3} more</span>}
    </span>
  );
}
