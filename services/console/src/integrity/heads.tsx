import { useApp } from '../shell/app.js';
import { Badge } from '../ui/badge.js';
import { Button } from '../ui/button.js';
import { formatNumber } from '../ui/format.js';
import { Empty } from '../ui/states.js';
import { Table } from '../ui/table.js';
import { Time } from '../ui/time.js';
import { Tooltip } from '../ui/tooltip.js';
import { Value } from '../ui/value.js';
import { JudgedHere } from './judged-here.js';
import { idOfKey, type ListedShard, type LogList, partsOf, type ShardHead, verifiedState } from './log.js';

type HeadMap = ReadonlyMap<string, ShardHead> | undefined;

/** Each shard's newest head: its signatures as checked in this browser, and how far the continuous verifier has come. */
export function Heads({ list, heads }: { list: LogList; heads: HeadMap }) {
  const { router } = useApp();
  const judged = list.shards.find(({ name }) => name === router.text('judge'));
  if (list.shards.length === 0) {
    return (
      <Empty title="There is no log yet" icon="integrity">
        The sealer writes it. This gateway has no folder of it, or nothing was sealed so far.
      </Empty>
    );
  }
  return (
    <>
      <Sentence list={list} heads={heads} />
      <Table
        caption="Shards of the log"
        rows={list.shards}
        keyOf={({ name }) => name}
        columns={[
          { name: 'shard', label: 'Shard', cell: (shard) => <ShardName name={shard.name} /> },
          { name: 'size', label: 'Entries', number: true, cell: (shard) => formatNumber(sizeOf(shard, heads)) },
          { name: 'newest', label: 'Newest entry', cell: ({ name }) => <Newest head={heads?.get(name)} /> },
          { name: 'head', label: 'Head', cell: ({ name, vkey }) => <Signed head={heads?.get(name)} vkey={vkey} /> },
          { name: 'root', label: 'Root', cell: ({ name }) => <Root head={heads?.get(name)} /> },
          {
            name: 'witnesses',
            label: 'Witnesses',
            cell: ({ name }) => <Cosigned head={heads?.get(name)} of={list.witnesses.length} />,
          },
          { name: 'verified', label: 'Verified through', cell: (shard) => <Through shard={shard} heads={heads} /> },
          {
            name: 'judge',
            label: '',
            cell: (shard) =>
              shard.name !== 'registry' &&
              shard.size > 0 && (
                <Button small onClick={() => router.change({ judge: shard.name }, { push: true })}>
                  Judge here
                </Button>
              ),
          },
        ]}
      />
      {judged && <JudgedHere shard={judged} onClose={() => router.change({ judge: undefined })} />}
    </>
  );
}

const sizeOf = (shard: ListedShard, heads: HeadMap): number => {
  const head = heads?.get(shard.name);
  return head?.kind === 'signed' ? head.head.size : shard.size;
};

/** The whole of it in words, for who does not read tables. */
function Sentence({ list, heads }: { list: LogList; heads: HeadMap }) {
  const of = (shard: ListedShard) => {
    const head = heads?.get(shard.name);
    return verifiedState(shard.verified, head?.kind === 'signed' ? head.newest?.offset : undefined);
  };
  const events = list.shards.filter(({ name }) => name !== 'registry');
  const bad = list.shards.filter((shard) => heads?.get(shard.name)?.kind === 'wrong' || of(shard) === 'wrong');
  const entries = list.shards.reduce((sum, shard) => sum + sizeOf(shard, heads), 0);
  const all = events.filter((shard) => of(shard) === 'all').length;
  if (bad.length > 0) {
    return (
      <p class="integrity-say bad" role="alert">
        <Badge tone="bad" shape="cross" ground>
          Something is wrong
        </Badge>
        In {bad.map(({ name }) => partsOf(name).label).join(', ')} what is stored or served is not what was signed and
        sealed.
      </p>
    );
  }
  return (
    <p class="integrity-say">
      <Badge tone={heads ? 'good' : 'warn'} shape={heads ? 'disc' : 'triangle'} ground>
        {heads ? 'Heads are as signed' : 'Not checked here'}
      </Badge>
      {heads
        ? `${formatNumber(entries)} sealed records in ${list.shards.length} shards, each head checked in this browser; ${all} of ${events.length} shards of events are verified to their newest record.`
        : 'Browsers give their cryptography to pages from https:// or from this machine only: the signatures on the heads were not checked.'}
    </p>
  );
}

function ShardName({ name }: { name: string }) {
  const { label, incarnation } = partsOf(name);
  return (
    <span class="integrity-shard">
      {label}
      {incarnation && (
        <span class="mono faint" title={`incarnation ${incarnation}`}>
          {incarnation.slice(0, 8)}
        </span>
      )}
    </span>
  );
}

const Faint = ({ children }: { children: string }) => <span class="faint">{children}</span>;

function Newest({ head }: { head: ShardHead | undefined }) {
  if (head?.kind !== 'signed' || !head.newest) return <Faint>–</Faint>;
  return <Time iso={head.newest.at} />;
}

function Signed({ head, vkey }: { head: ShardHead | undefined; vkey: string }) {
  if (!head) return <Faint>not checked</Faint>;
  if (head.kind === 'none') return <Faint>not yet</Faint>;
  if (head.kind === 'wrong') {
    return (
      <Tooltip tip={() => head.why}>
        <Badge tone="bad" shape="cross">
          refused
        </Badge>
        <span class="unseen">{head.why}</span>
      </Tooltip>
    );
  }
  return (
    <span class="integrity-shard">
      <Badge tone="good" shape="disc">
        signed
      </Badge>
      <span class="mono faint" title={`by the key ${vkey}`}>
        {idOfKey(vkey)}
      </span>
    </span>
  );
}

const Root = ({ head }: { head: ShardHead | undefined }) =>
  head?.kind === 'signed' ? (
    <Value text={head.head.root} mono>
      {head.head.root.slice(0, 16)}…
    </Value>
  ) : (
    <Faint>–</Faint>
  );

function Cosigned({ head, of }: { head: ShardHead | undefined; of: number }) {
  if (head?.kind !== 'signed') return <Faint>–</Faint>;
  const { cosigned } = head.head;
  if (of === 0) return <Faint>none are asked</Faint>;
  const full = cosigned.length === of;
  return (
    <Badge tone={full ? 'good' : 'warn'} shape={full ? 'disc' : 'half'}>
      {cosigned.length} of {of}
    </Badge>
  );
}

function Through({ shard, heads }: { shard: ListedShard; heads: HeadMap }) {
  const { verified } = shard;
  const head = heads?.get(shard.name);
  const state = verifiedState(verified, head?.kind === 'signed' ? head.newest?.offset : undefined);
  if (!verified)
    return <Faint>{shard.name === 'registry' ? 'read whole by every reader' : 'no verifier has run'}</Faint>;
  const { tone, shape, word } = {
    wrong: { tone: 'bad', shape: 'cross', word: `stopped at offset ${formatNumber(verified.through_offset)}` },
    behind: { tone: 'note', shape: 'half', word: `below offset ${formatNumber(verified.through_offset)}` },
    all: { tone: 'good', shape: 'disc', word: 'the newest' },
    none: { tone: 'plain', shape: 'ring', word: '' },
  }[state] as { tone: 'good'; shape: 'disc'; word: string };
  return (
    <span class="integrity-shard">
      <Badge {...{ tone, shape }}>{word}</Badge>
      <span class="faint">
        <Time iso={verified.checked_at} />
      </span>
    </span>
  );
}
