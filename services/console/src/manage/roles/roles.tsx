import { useState } from 'preact/hooks';
import { useLoad } from '../../api/load.js';
import { useApp } from '../../shell/app.js';
import { Confirm } from '../dialogs.js';
import { ManagedList } from '../managed-list.js';
import { Define } from './define.js';
import { pathOf, type Role } from './role.js';

type Open = { kind: 'define'; role?: Role } | { kind: 'remove'; role: Role };

/** Roles that keys can have: those built in, the deployment's, and those of organizations. */
export default function Roles() {
  const { api, toasts, sessions } = useApp();
  const { data, problem, again } = useLoad('roles', (signal) => api.get<{ roles: Role[] }>('/api/roles', {}, signal));
  const [open, setOpen] = useState<Open>();
  const close = (): void => setOpen(undefined);
  const names = new Map(sessions.organizations.value.map(({ id, name }) => [id, name]));
  return (
    <ManagedList<Role>
      title="Roles"
      rows={data?.roles}
      problem={problem}
      again={again}
      add={{ label: 'New role', does: 'Define a role', run: () => setOpen({ kind: 'define' }) }}
      empty={null}
      keyOf={({ name, organization_id }) => `${organization_id}/${name}`}
      actions={(role) =>
        role.built_in
          ? undefined
          : {
              of: role.name,
              items: [
                { label: 'Change', icon: 'edit', run: () => setOpen({ kind: 'define', role }) },
                { label: 'Remove', icon: 'trash', run: () => setOpen({ kind: 'remove', role }) },
              ],
            }
      }
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
      ]}
    >
      {open?.kind === 'define' && (
        <Define
          role={open.role}
          roles={data?.roles ?? []}
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
    </ManagedList>
  );
}
