import { useState } from 'preact/hooks';
import type { ViewState } from '../../../../core/views/vocabulary.js';
import { Confirm, FormDialog } from '../../manage/dialogs.js';
import { useApp } from '../../shell/app.js';
import { Field, Select } from '../../ui/field.js';
import { counted } from '../../ui/format.js';
import { rangeText } from '../time-range.js';
import type { SavedView, ViewsData } from './data.js';
import { type Sharing, useSharing } from './sharing.js';

/** What is to be done, before it is. */
export type Asked = { kind: 'save' } | { kind: 'rename' | 'share' | 'unshare' | 'delete'; view: SavedView };

interface DialogProps {
  data: ViewsData;
  /** What is seen now. */
  state: ViewState;
  /** It is the open one from now on. */
  onSaved: (view: SavedView) => void;
  onRemoved: (view: SavedView) => void;
  onClose: () => void;
}

export function ViewDialog({ asked, ...props }: DialogProps & { asked: Asked }) {
  if (asked.kind === 'save') return <Save {...props} />;
  if (asked.kind === 'rename') return <Rename view={asked.view} {...props} />;
  if (asked.kind === 'share') return <Share view={asked.view} {...props} />;
  return <Less kind={asked.kind} view={asked.view} {...props} />;
}

const longestName = 100;
const seen = (nameOf: Sharing['nameOf'], organization: string): string =>
  `Everybody who may read events of ${nameOf(organization)} sees it; whoever manages keys and roles there may change it.`;

function Save({ data, state, onSaved, onClose }: DialogProps) {
  const { toasts } = useApp();
  const { mayShare, organizations, nameOf } = useSharing();
  const [name, setName] = useState('');
  const [organization, setOrganization] = useState('');
  return (
    <FormDialog
      title="Save as a view"
      submit="Save"
      shown={['/name']}
      needs={{ 'a name': name.trim() !== '' }}
      onClose={onClose}
      onSubmit={async () => {
        const view = await data.create({ name: name.trim(), state, organization_id: organization || null });
        toasts.good(`“${view.name}” is saved`);
        onClose();
        onSaved(view);
      }}
    >
      {(problem) => (
        <div class="views-form">
          <Field
            label="Name"
            placeholder="Denied sign-ins"
            maxLength={longestName}
            autocomplete="off"
            value={name}
            onInput={setName}
            problem={problem?.of('/name')[0]?.detail}
          />
          {mayShare && organizations.length > 0 && (
            <Select
              label="Seen by"
              value={organization}
              choices={[
                { value: '', label: 'Only me' },
                ...organizations.map(({ id, name: named }) => ({ value: id, label: `Everybody in ${named}` })),
              ]}
              hint={organization === '' ? undefined : seen(nameOf, organization)}
              onChange={setOrganization}
            />
          )}
          <Kept state={state} />
        </div>
      )}
    </FormDialog>
  );
}

/** What is kept, so that nobody takes a view for a copy of its events. */
function Kept({ state: { q, filters, time, columns, order } }: { state: ViewState }) {
  const asked = [
    ...(q === '' ? [] : [q]),
    ...(filters.length === 0 ? [] : [counted(filters.length, 'filter')]),
    ...(order === 'oldest' ? ['oldest first'] : []),
    ...(columns ? [counted(columns.length, 'column')] : []),
  ];
  const when =
    'last' in time
      ? `${rangeText({ kind: 'last', name: time.last })}, back from whenever it is opened`
      : `${rangeText({ kind: 'between', from: time.from, to: time.to })}, whenever it is opened`;
  return (
    <dl>
      <dt>Asked</dt>
      <dd>{asked.length === 0 ? 'everything' : asked.join(' · ')}</dd>
      <dt>Time</dt>
      <dd>{when}</dd>
    </dl>
  );
}

function Rename({ view, data, onClose }: DialogProps & { view: SavedView }) {
  const [name, setName] = useState(view.name);
  return (
    <FormDialog
      title="Rename the view"
      submit="Rename"
      shown={['/name']}
      needs={{ 'another name': name.trim() !== '' && name.trim() !== view.name }}
      onClose={onClose}
      onSubmit={async () => {
        await data.replace(view, { name: name.trim() });
        onClose();
      }}
    >
      {(problem) => (
        <Field
          label="Name"
          maxLength={longestName}
          autocomplete="off"
          value={name}
          onInput={setName}
          problem={problem?.of('/name')[0]?.detail}
        />
      )}
    </FormDialog>
  );
}

function Share({ view, data, onClose }: DialogProps & { view: SavedView }) {
  const { toasts } = useApp();
  const { organizations, any, nameOf } = useSharing();
  const [organization, setOrganization] = useState(organizations[0]?.id ?? '');
  const wanted = organization.trim();
  return (
    <FormDialog
      title={`Share “${view.name}”`}
      submit="Share"
      shown={['/organization_id']}
      needs={{ 'an organization': wanted !== '' }}
      onClose={onClose}
      onSubmit={async () => {
        await data.replace(view, { organization_id: wanted });
        toasts.good(`“${view.name}” is shared with ${nameOf(wanted)}`);
        onClose();
      }}
    >
      {(problem) => (
        <div class="views-form">
          {organizations.length > 1 ? (
            <Select
              label="With"
              value={organization}
              choices={organizations.map(({ id, name }) => ({ value: id, label: name }))}
              onChange={setOrganization}
            />
          ) : (
            organizations.length === 0 &&
            any && (
              <Field
                label="With the organization, by its id"
                mono
                value={organization}
                onInput={setOrganization}
                problem={problem?.of('/organization_id')[0]?.detail}
              />
            )
          )}
          {wanted !== '' && <p>{seen(nameOf, wanted)}</p>}
          <p>It is the view as it was saved. That it is shared stands in the organization’s log.</p>
        </div>
      )}
    </FormDialog>
  );
}

/** Shared no longer, or deleted. */
function Less({ kind, view, data, onRemoved, onClose }: DialogProps & { kind: 'unshare' | 'delete'; view: SavedView }) {
  const { toasts } = useApp();
  const { nameOf } = useSharing();
  const whom = view.organization_id === null ? undefined : nameOf(view.organization_id);
  const isUnshare = kind === 'unshare';
  return (
    <Confirm
      title={isUnshare ? `Share “${view.name}” no longer` : `Delete “${view.name}”`}
      action={isUnshare ? 'Share no longer' : 'Delete'}
      onClose={onClose}
      onConfirm={async () => {
        if (isUnshare) await data.replace(view, { organization_id: null });
        else await data.remove(view);
        toasts.good(isUnshare ? `“${view.name}” is shared no longer` : `“${view.name}” is deleted`);
        if (!isUnshare || !view.mine) onRemoved(view);
      }}
    >
      {isUnshare ? (
        <p>
          {view.mine
            ? `Then only you see it, and nobody else in ${whom}.`
            : `Then only ${view.owner.name}, who saved it, sees it.`}
        </p>
      ) : whom ? (
        <p>It is deleted for everybody in {whom}. Events stay as they are, and so do links that were copied from it.</p>
      ) : (
        <p>Events stay as they are, and so do links that were copied from it.</p>
      )}
    </Confirm>
  );
}
