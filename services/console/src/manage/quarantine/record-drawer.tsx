import type { ComponentChildren } from 'preact';
import { useLoad } from '../../api/load.js';
import { useRefresh } from '../../overview/refresh.js';
import { useApp } from '../../shell/app.js';
import { Badge } from '../../ui/badge.js';
import { Button } from '../../ui/button.js';
import { Drawer } from '../../ui/dialog.js';
import { counted, formatBytes } from '../../ui/format.js';
import { Icon } from '../../ui/icon.js';
import { LoadingRows, ProblemState } from '../../ui/states.js';
import { Time } from '../../ui/time.js';
import { Value } from '../../ui/value.js';
import type { Decision } from './deciding.js';
import { Held } from './held.js';
import type { Quarantined, QuarantinedDetail } from './types.js';
import { becameOf, placeOf, reasonWord, stateWord } from './words.js';

const [busyMs, idleMs] = [2_000, 60_000];

/** One record: why it was refused, what to do, what it says of itself, what it holds. */
export function RecordDrawer({
  partition,
  offset,
  mayDecide,
  onDecide,
  onClose,
}: {
  partition: number;
  offset: number;
  mayDecide: boolean;
  onDecide: (decision: Decision, record: Quarantined) => void;
  onClose: () => void;
}) {
  const { api } = useApp();
  const place = placeOf({ partition, offset });
  const { data, problem, again } = useLoad(place, (signal) =>
    api.get<QuarantinedDetail>(`/api/quarantine/${place}`, {}, signal),
  );
  useRefresh(again, data?.outcome?.kind === 'under_way' ? busyMs : idleMs);
  return (
    <Drawer
      title={data ? `${capital(reasonWord(data.reason))}` : 'A record that was set aside'}
      onClose={onClose}
      foot={
        data &&
        mayDecide &&
        isDecidable(data) && (
          <>
            <Button icon="trash" onClick={() => onDecide('discard', data)}>
              Discard
            </Button>
            <Button
              look="primary"
              disabled={!data.release.possible}
              {...(data.release.refusal ? { title: data.release.refusal.detail } : {})}
              onClick={() => onDecide('release', data)}
            >
              Release
            </Button>
          </>
        )
      }
    >
      {data ? (
        <Body record={data} mayLook={mayDecide} />
      ) : problem ? (
        <ProblemState problem={problem} again={again} />
      ) : (
        <LoadingRows label="Loading the record" />
      )}
    </Drawer>
  );
}

function Body({ record, mayLook }: { record: QuarantinedDetail; mayLook: boolean }) {
  const { tone, shape, word } = stateWord(record);
  const became = becameOf(record);
  const { header, decision, release } = record;
  return (
    <div class="quarantine-record">
      <p class="quarantine-badges">
        <Badge tone={tone} shape={shape} ground>
          {word}
        </Badge>
        <span class="faint">
          came <Time iso={record.appended_at} />
        </span>
      </p>
      <p class="quarantine-detail">{capital(record.detail)}.</p>
      {became && <p>{became}</p>}
      {decision && (
        <p class="soft">
          {capital(decision.kind)} <Time iso={decision.at} /> by <span class="mono">{decision.by}</span>
          {decision.reason !== '' && <>: {decision.reason}</>}
        </p>
      )}
      {isDecidable(record) && release.refusal && (
        <div class="manage-warning">
          <Icon name="lock" />
          <div>
            <b>It cannot be released now</b>
            <p>{capital(release.refusal.detail)}.</p>
          </div>
        </div>
      )}
      <section>
        <h3>What it means, and what to do</h3>
        {record.advice.map(({ reason, cause, cure }) => (
          <div key={reason} class="quarantine-advice">
            {record.advice.length > 1 && <h4>{capital(reasonWord(reason))}</h4>}
            <p>{cause}</p>
            <p>{cure}</p>
          </div>
        ))}
        {header && header.kind !== 'registry' && (
          <p class="quarantine-ways">
            <a href="/producers">Producers and their keys</a>
            <a href={`/quarantine?producer_id=${encodeURIComponent(header.producer_id)}`}>
              All of {header.producer_id} that was set aside
            </a>
          </p>
        )}
      </section>
      {record.refused.length > 0 && (
        <section>
          <h3>
            Refused: {record.refused.length} of {counted(header?.count ?? record.refused.length, 'event')}
          </h3>
          <ul class="quarantine-refused">
            {record.refused.slice(0, mostRefused).map(({ index, reason, detail }) => (
              <li key={index}>
                <span class="mono faint">{index}</span>
                <span>
                  <b>{reasonWord(reason)}</b> {detail}
                </span>
              </li>
            ))}
          </ul>
          {record.refused.length > mostRefused && (
            <p class="faint">and {record.refused.length - mostRefused} more; the command line lists all of them</p>
          )}
        </section>
      )}
      <section>
        <h3>What it says of itself</h3>
        <dl class="manage-facts">
          {header ? (
            <>
              <Fact name="Producer">
                <Value text={header.producer_id} mono />
              </Fact>
              <Fact name="Key">
                <Value text={header.key_id} mono />
              </Fact>
              <Fact name="Kind">
                {header.kind}, {counted(header.count, 'event')}
              </Fact>
              <Fact name="Sequence">
                from {header.first_seq} in lane {header.lane}
              </Fact>
              <Fact name="Epoch">
                <Value text={header.epoch} mono />
              </Fact>
            </>
          ) : (
            <Fact name="Header">
              <span class="faint">cannot be read</span>
            </Fact>
          )}
          <Fact name="Place">
            partition {record.partition}, offset {record.offset}
          </Fact>
          <Fact name="Size">{formatBytes(record.bytes)}</Fact>
          <Fact name="SHA-256">
            <Value text={record.value_hash} mono />
          </Fact>
        </dl>
      </section>
      <Held record={record} mayLook={mayLook} />
    </div>
  );
}

/** Not while it is seen on its way: then there is only to wait. */
const isDecidable = ({ state, release }: QuarantinedDetail): boolean =>
  state === 'open' && release.refusal?.code !== 'under_way';

const mostRefused = 100;

const Fact = ({ name, children }: { name: string; children: ComponentChildren }) => (
  <>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </>
);

/** A sentence’s beginning; names of fields stay as they are. */
const capital = (text: string): string =>
  /^[a-z’]+( |$)/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
