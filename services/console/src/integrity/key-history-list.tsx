import { createWebVerifier, type WebSubtle } from '../../../core/tlog/web.js';
import { useLoad } from '../api/load.js';
import { useApp } from '../shell/app.js';
import { Badge, type Shape, type Tone } from '../ui/badge.js';
import { formatNumber } from '../ui/format.js';
import { Empty, LoadingRows, LockedState, ProblemState } from '../ui/states.js';
import { Table } from '../ui/table.js';
import { Time } from '../ui/time.js';
import { Value } from '../ui/value.js';
import { type KeyChange, type RegistryJson, readKeyHistory } from './key-history.js';
import type { LogList } from './log.js';

/** A longer history is shown from its newest end. */
const shown = 500;

/** Every entry of the registry that the root key signed, read from evidence and checked in this browser. */
export function KeyHistoryList({ list }: { list: LogList }) {
  const { api, sessions } = useApp();
  const may = sessions.may('view:audit_logs');
  const registry = list.shards.find(({ name }) => name === 'registry');
  // Any bundle carries the registry from its first entry on.
  const some = list.shards.find(({ name, size }) => name !== 'registry' && size > 0);
  const { data, problem, again } = useLoad(`${may}${some?.name}${registry?.size}`, async (signal) => {
    if (!may || !some || !crypto.subtle) return undefined;
    const range = { shard: some.name, from: some.size - 1, to: some.size };
    const bundle = await api.post<RegistryJson>('/api/audit/proofs', { range }, signal);
    const verify = createWebVerifier({ subtle: crypto.subtle as unknown as WebSubtle });
    const history = await readKeyHistory(bundle, async (...signed) => verify(...signed));
    return { ...history, rootKey: bundle.deployment.root_key };
  });
  if (!may) return <LockedState permission="view:audit_logs" />;
  if (!some) return <Empty title="Nothing is sealed yet" icon="key" />;
  if (problem) return <ProblemState problem={problem} again={again} />;
  if (!crypto.subtle) {
    return (
      <Empty title="Cannot be checked here" icon="key">
        Browsers give their cryptography to pages from https:// or from this machine only.
      </Empty>
    );
  }
  if (!data) return <LoadingRows label="Reading the registry" />;
  const { changes, passedOver, rootKey } = data;
  return (
    <>
      <p class="integrity-say">
        <Badge tone="good" shape="disc" ground>
          {formatNumber(changes.length)} signed
        </Badge>
        <span>
          Each is signed by the root key and follows the one before; markers in the log date them among the records. The
          root key, to compare with the one you were given elsewhere: <Value text={rootKey} mono />
        </span>
      </p>
      {passedOver > 0 && (
        <p class="integrity-say">
          <Badge tone="warn" shape="triangle" ground>
            {formatNumber(passedOver)} passed over
          </Badge>
          Records of the registry’s topic that the root key did not sign, or that do not follow: every reader passes
          them over.
        </p>
      )}
      <Table<KeyChange>
        caption="Entries of the registry"
        rows={changes.slice(0, shown)}
        keyOf={({ seq }) => String(seq)}
        columns={[
          { name: 'offset', label: 'Marker', number: true, cell: ({ offset }) => formatNumber(offset) },
          { name: 'at', label: 'Written', cell: ({ at }) => <Time iso={at} as="moment" /> },
          { name: 'change', label: 'Change', cell: ({ change }) => <Change change={change} /> },
          {
            name: 'of',
            label: 'Of',
            cell: ({ producerId, subject }) =>
              producerId ? <Value text={producerId} mono /> : <Value text={subject} mono />,
          },
          { name: 'name', label: 'Name', cell: ({ name }) => name },
          {
            name: 'for',
            label: 'For',
            cell: ({ organizations, scopes }) =>
              [organizations.map((one) => (one === '*' ? 'every organization' : one)).join(', '), scopes.join(', ')]
                .filter(Boolean)
                .join(' · '),
          },
          {
            name: 'key',
            label: 'Key',
            cell: ({ keyId }) =>
              keyId && (
                <Value text={keyId} mono>
                  {keyId.slice(0, 16)}…
                </Value>
              ),
          },
        ]}
      />
      {changes.length > shown && (
        <p class="integrity-say faint">
          The newest {shown} of {formatNumber(changes.length)}.
        </p>
      )}
    </>
  );
}

const changes: Readonly<Record<KeyChange['change'], { tone: Tone; shape: Shape; word: string }>> = {
  registered: { tone: 'good', shape: 'disc', word: 'key registered' },
  added: { tone: 'note', shape: 'diamond', word: 'key rotated in' },
  changed: { tone: 'warn', shape: 'half', word: 'rights of a key' },
  revoked: { tone: 'bad', shape: 'cross', word: 'key revoked' },
  incarnation: { tone: 'plain', shape: 'ring', word: 'topic begun' },
  organization: { tone: 'plain', shape: 'ring', word: 'organization named' },
};

function Change({ change }: { change: KeyChange['change'] }) {
  const { word, ...look } = changes[change];
  return <Badge {...look}>{word}</Badge>;
}
