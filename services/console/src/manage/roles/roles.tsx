import '../manage.css';
import { useState } from 'preact/hooks';
import { useLoad } from '../../api/load.js';
import { permissions as allPermissions, type Permission } from '../../api/types.js';
import { useApp, useKeys } from '../../shell/app.js';
import { Button } from '../../ui/button.js';
import { Field, Select } from '../../ui/field.js';
import { Menu } from '../../ui/menu.js';
import { LoadingRows, ProblemState } from '../../ui/states.js';
import { Table } from '../../ui/table.js';
import { PermissionsField } from '../choosing.js';
import { Confirm, FormDialog } from '../dialogs.js';

interface Role {
  name: string;
  built_in: boolean;
  organization_id: string | null;
  description: string;
  permissions: Permission[];
}

type Open = { kind: 'define'; role?: Role } | { kind: 'remove'; role: Role };

const pathOf = ({ name, organization_id }: Pick<Role, 'name' | 'organization_id'>): string =>
  organization_id === null
    ? `/api/roles/${encodeURIComponent(name)}`
    : `/api/organizations/${encodeURIComponent(organization_id)}/roles/${encodeURIComponent(name)}`;

/** Roles that keys can have: those built in, the deployment's, and those of organizations. */
export default function Roles() {
  const { api, toasts, sessions } = useApp();
  const { data, problem, again } = useLoad('roles', (signal) => api.get<{ roles: Role[] }>('/api/roles', {}, signal));
  const [open, setOpen] = useState<Open>();
  const close = (): void => setOpen(undefined);
  useKeys([{ key: 'n', does: 'Define a role', run: () => setOpen({ kind: 'define' }) }]);
  const names = new Map(sessions.organizations.value.map(({ id, name }) => [id, name]));
  return (
    <div class="manage">
      <header class="page-head">
        <h1>Roles</h1>
        <Button look="primary" icon="plus" onClick={() => setOpen({ kind: 'define' })}>
          New role
        </Button>
      </header>
      {problem ? (
        <ProblemState problem={problem} again={again} />
      ) : !data ? (
        <LoadingRows label="Loading roles" />
      ) : (
        <Table<Role>
          caption="Roles"
          rows={data.roles}
          keyOf={({ name, organization_id }) => `${organization_id}/${name}`}
          columns={[
            { name: 'name', label: 'Role', lead: true, cell: ({ name }) => <b>{name}</b> },
            {
              name: 'whose',
              label: 'For',
              cell: ({ built_in, organization_id }) =>
                built_in ? (
                  <span class="faint">built in</span>
                ) : organization_id === null ? (
                  'every organization'
                ) : (
                  (names.get(organization_id) ?? organization_id)
                ),
            },
            { name: 'description', label: 'What for', wrap: true, cell: ({ description }) => description },
            {
              name: 'may',
              label: 'May',
              wrap: true,
              cell: ({ permissions }) => permissions.join(', '),
            },
            {
              name: 'do',
              label: '',
              cell: (role) =>
                !role.built_in && (
                  <span class="manage-actions">
                    <Menu
                      look="quiet"
                      small
                      icon="more"
                      align="end"
                      label={`What to do with ${role.name}`}
                      items={[
                        { label: 'Change', icon: 'edit', run: () => setOpen({ kind: 'define', role }) },
                        { label: 'Remove', icon: 'trash', run: () => setOpen({ kind: 'remove', role }) },
                      ]}
                    />
                  </span>
                ),
            },
          ]}
        />
      )}
      {open?.kind === 'define' && (
        <Define
          role={open.role}
          onClose={close}
          onDone={() => {
            toasts.good('The role is saved');
            close();
            again();
          }}
        />
      )}
      {open?.kind === 'remove' && (
        <Confirm
          title={`Remove the role ${open.role.name}`}
          name={open.role.name}
          action="Remove"
          onClose={close}
          onConfirm={async () => {
            await api.delete(pathOf(open.role));
            toasts.good(`${open.role.name} is removed`);
            again();
          }}
        >
          <p>Keys that have it keep only their own permissions, at once.</p>
        </Confirm>
      )}
    </div>
  );
}

function Define({ role, onDone, onClose }: { role: Role | undefined; onDone: () => void; onClose: () => void }) {
  const { api, sessions } = useApp();
  const everywhere = sessions.session.value?.organizations === '*';
  const organizations = sessions.organizations.value;
  const [name, setName] = useState(role?.name ?? '');
  const [whose, setWhose] = useState(
    role ? (role.organization_id ?? '') : everywhere ? '' : (organizations[0]?.id ?? ''),
  );
  const [description, setDescription] = useState(role?.description ?? '');
  const [permissions, setPermissions] = useState<Permission[]>(role?.permissions ?? []);
  return (
    <FormDialog
      title={role ? `The role ${role.name}` : 'New role'}
      submit="Save"
      wide
      shown={['/description', '/permissions']}
      needs={{ 'a name': name.trim() !== '', permissions: permissions.length > 0 }}
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
                problem={problem?.errors.find(({ detail }) => detail.includes('name'))?.detail}
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
