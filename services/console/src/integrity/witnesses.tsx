import { Badge } from '../ui/badge.js';
import { Empty } from '../ui/states.js';
import { Table } from '../ui/table.js';
import { Time } from '../ui/time.js';
import { Value } from '../ui/value.js';
import { type LogList, nameOfKey, partsOf, type ShardHead } from './log.js';

/** Who has cosigned which head, and who has not: a witness that is away makes no head wrong, and it makes none stronger. */
export function Witnesses({ list, heads }: { list: LogList; heads: ReadonlyMap<string, ShardHead> | undefined }) {
  if (list.witnesses.length === 0) {
    return (
      <Empty title="No witness is asked" icon="integrity">
        Without witnesses the operator alone says what the log is, and could show two of them to two readers. The guide
        on the log tells how to add some.
      </Empty>
    );
  }
  const signed = list.shards.flatMap(({ name }) => {
    const head = heads?.get(name);
    return head?.kind === 'signed' ? [{ name, head: head.head }] : [];
  });
  const rows = list.witnesses.map(({ vkey, same_operator }) => {
    const name = nameOfKey(vkey);
    const times = signed.flatMap(({ head }) => head.cosigned.filter((one) => one.name === name).map(({ at }) => at));
    const missing = signed.filter(({ head }) => !head.cosigned.some((one) => one.name === name));
    return { vkey, name, same_operator, newest: times.sort().at(-1), missing: missing.map((one) => one.name) };
  });
  const others = rows.filter(({ same_operator }) => !same_operator).length;
  return (
    <>
      <p class="integrity-say">
        {others === 0 ? (
          <>
            <Badge tone="warn" shape="triangle" ground>
              No third party
            </Badge>
            Every witness is run by the operator of the log: an auditor who distrusts the operator gains nothing by
            them.
          </>
        ) : (
          <>
            <Badge tone="good" shape="disc" ground>
              {others} of others
            </Badge>
            {others === 1 ? 'One witness is' : `${others} witnesses are`} not run by the operator of the log.
          </>
        )}
      </p>
      <Table
        caption="Witnesses"
        rows={rows}
        keyOf={({ vkey }) => vkey}
        columns={[
          { name: 'name', label: 'Witness', cell: ({ name }) => name },
          {
            name: 'whose',
            label: 'Run by',
            cell: ({ same_operator }) => (same_operator ? 'the operator' : 'a third party'),
          },
          {
            name: 'state',
            label: 'State',
            cell: ({ missing }) =>
              !heads ? (
                <span class="faint">not checked</span>
              ) : missing.length === 0 ? (
                <Badge tone="good" shape="disc">
                  has signed every head
                </Badge>
              ) : missing.length === signed.length ? (
                <Badge tone="bad" shape="cross">
                  away
                </Badge>
              ) : (
                <Badge tone="warn" shape="half">
                  behind: {missing.map((one) => partsOf(one).label).join(', ')}
                </Badge>
              ),
          },
          { name: 'newest', label: 'Last signed', cell: ({ newest }) => (newest ? <Time iso={newest} /> : '–') },
          { name: 'key', label: 'Key', cell: ({ vkey }) => <Value text={vkey} mono /> },
        ]}
      />
    </>
  );
}
