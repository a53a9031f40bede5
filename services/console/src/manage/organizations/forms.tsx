import { useState } from 'preact/hooks';
import type { Organization } from '../../api/types.js';
import { useApp } from '../../shell/app.js';
import { Checkbox, Field } from '../../ui/field.js';
import { FormDialog } from '../dialogs.js';

export interface Entitlements {
  plan: string;
  retention_days: number | null;
  persistentLogging: boolean;
  export: boolean;
  alerts: boolean;
}

export type Entitled = Organization & { entitlements: Entitlements | undefined };
/** What it is entitled to is known, so that saving changes what was changed and nothing else. */
export type Known = Organization & { entitlements: Entitlements };

export function NameOne({
  organization,
  onDone,
  onClose,
}: {
  organization: Organization | undefined;
  onDone: (said: string) => void;
  onClose: () => void;
}) {
  const { api } = useApp();
  const [id, setId] = useState(organization?.id ?? '');
  const [name, setName] = useState(organization?.name ?? '');
  return (
    <FormDialog
      title={organization ? `Rename ${organization.name}` : 'Name an organization'}
      submit="Save"
      shown={['/id', '/name']}
      needs={{ 'an id': id.trim() !== '', 'a name': name.trim() !== '' }}
      onClose={onClose}
      onSubmit={async () => {
        await api.post('/api/organizations', { id: id.trim(), name: name.trim() });
        onDone(`${name.trim()} is saved`);
      }}
    >
      {(problem) => (
        <>
          {!organization && (
            <Field
              label="Id"
              hint="As events carry it."
              value={id}
              onInput={setId}
              mono
              problem={problem?.of('/id')[0]?.detail}
            />
          )}
          <Field label="Name" value={name} onInput={setName} problem={problem?.of('/name')[0]?.detail} />
        </>
      )}
    </FormDialog>
  );
}

export function Entitle({
  organization: { id, name, entitlements },
  onDone,
  onClose,
}: {
  organization: Known;
  onDone: (said: string) => void;
  onClose: () => void;
}) {
  const { api } = useApp();
  const [plan, setPlan] = useState(entitlements.plan);
  const [days, setDays] = useState(entitlements.retention_days?.toString() ?? '');
  const [rights, setRights] = useState({
    persistentLogging: entitlements.persistentLogging,
    export: entitlements.export,
    alerts: entitlements.alerts,
  });
  const labels = { persistentLogging: 'Persistent logging', export: 'Export', alerts: 'Alerts' } as const;
  return (
    <FormDialog
      title={`What ${name} is entitled to`}
      submit="Save"
      shown={['/plan', '/retention_days']}
      needs={{ 'a plan': plan.trim() !== '' }}
      onClose={onClose}
      onSubmit={async () => {
        await api.put(`/api/organizations/${encodeURIComponent(id)}/entitlements`, {
          plan: plan.trim(),
          retention_days: days.trim() === '' ? null : Number(days),
          ...rights,
        });
        onDone(`The entitlements of ${name} are saved`);
      }}
    >
      {(problem) => (
        <>
          <p>Events are captured whatever it is.</p>
          <div class="manage-two">
            <Field label="Plan" value={plan} onInput={setPlan} problem={problem?.of('/plan')[0]?.detail} />
            <Field
              label="Kept for days"
              hint="Empty: as long as the deployment keeps events."
              type="number"
              min={1}
              value={days}
              onInput={setDays}
              problem={problem?.of('/retention_days')[0]?.detail}
            />
          </div>
          <fieldset class="manage-set">
            <legend>Included</legend>
            <div class="manage-choices">
              {(['persistentLogging', 'export', 'alerts'] as const).map((one) => (
                <Checkbox
                  key={one}
                  label={labels[one]}
                  checked={rights[one]}
                  onChange={(on) => setRights({ ...rights, [one]: on })}
                />
              ))}
            </div>
          </fieldset>
        </>
      )}
    </FormDialog>
  );
}
