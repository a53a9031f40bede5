import { useState } from 'preact/hooks';
import { useApp } from '../../shell/app.js';
import { Select } from '../../ui/field.js';
import { FormDialog } from '../dialogs.js';
import type { ApiKey } from './keys.js';

const overlaps = [
  { value: '0', label: 'ends at once' },
  { value: '3600', label: 'goes on for an hour' },
  { value: '86400', label: 'goes on for a day' },
  { value: '604800', label: 'goes on for a week' },
] as const;

/** Another key in the place of one, which goes on for a while. */
export function Rotate({
  value,
  onMade,
  onClose,
}: {
  value: ApiKey;
  onMade: (made: { name: string; key: string }) => void;
  onClose: () => void;
}) {
  const { api } = useApp();
  const [overlap, setOverlap] = useState<(typeof overlaps)[number]['value']>('86400');
  return (
    <FormDialog
      title={`Rotate ${value.name}`}
      submit="Rotate"
      onClose={onClose}
      onSubmit={async () =>
        onMade(await api.post(`/api/keys/${value.id}/rotate`, { overlap_seconds: Number(overlap) }))
      }
    >
      {() => (
        <>
          <p>
            A new key with the same rights takes the place of <code>{value.prefix}…</code>
          </p>
          <Select label="The old key" value={overlap} choices={overlaps} onChange={setOverlap} />
        </>
      )}
    </FormDialog>
  );
}
