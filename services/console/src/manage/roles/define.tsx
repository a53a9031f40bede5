import { useState } from 'preact/hooks';
import { permissions as allPermissions, type Permission } from '../../api/types.js';
import { useApp } from '../../shell/app.js';
import { Field, Select } from '../../ui/field.js';
import { PermissionsField } from '../choosing.js';
import { FormDialog } from '../dialogs.js';
import { pathOf, type Role, wrongName } from './role.js';

/** A new role, or what one may from now on. */
export function Define({
  role,
  roles,
  onDone,
  onClose,
}: {
  role: Role | undefined;
  roles: readonly Role[];
  onDone: () => void;
  onClose: () => void;
}) {
  const { api, sessions } = useApp();
  const everywhere = sessions.session.value?.organizations === '*';
  const organizations = sessions.organizations.value;
  const [name, setName] = useState(role?.name ?? '');
  const [whose, setWhose] = useState(
    role ? (role.organization_id ?? '') : everywhere ? '' : (organizations[0]?.id ?? ''),
  );
  const [description, setDescription] = useState(role?.description ?? '');
  const [permissions, setPermissions] = useState<Permission[]>(role?.permissions ?? []);
  const wrong = role ? undefined : wrongName(name.trim(), whose === '' ? null : whose, roles);
  return (
    <FormDialog
      title={role ? `The role ${role.name}` : 'New role'}
      submit="Save"
      wide
      shown={['/description', '/permissions']}
      needs={{ 'a name': name.trim() !== '' && wrong === undefined, permissions: permissions.length > 0 }}
      onClose={onClose}
      onSubmit={async () => {
        const path = pathOf({ name: name.trim(), organization_id: whose === '' ? null : whose });
        await api.put(path, {
          permissions: allPermissions.filter((one) => permissions.includes(one)),
          ...(description.trim() === '' ? {} : { description: description.trim() }),
        });
        onDone();
      }}
    >
      {(problem) => (
        <>
          {role ? (
            <p>Keys with the role have its permissions from then on.</p>
          ) : (
            <div class="manage-two">
              <Field
                label="Name"
                hint="Lower case letters, digits, - and _."
                value={name}
                onInput={setName}
                mono
                problem={wrong}
              />
              <Select
                label="For"
                value={whose}
                choices={[
                  ...(everywhere ? [{ value: '', label: 'every organization' }] : []),
                  ...organizations.map(({ id, name: label }) => ({ value: id, label })),
                ]}
                onChange={setWhose}
              />
            </div>
          )}
          <Field
            label="What for"
            value={description}
            onInput={setDescription}
            problem={problem?.of('/description')[0]?.detail}
          />
          <PermissionsField value={permissions} onChange={setPermissions} />
        </>
      )}
    </FormDialog>
  );
}
