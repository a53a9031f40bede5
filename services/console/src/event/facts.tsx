import './fields.css';
import { formatNumber } from '../ui/format.js';
import { Icon } from '../ui/icon.js';
import { Time } from '../ui/time.js';
import { Value } from '../ui/value.js';
import type { Checkpoint, Verdict } from './data.js';

/** What the verdicts rest on: record, signer, checkpoints, witnesses, numbering, times. */
export function Facts({ verdict: { checks } }: { verdict: Verdict }) {
  const { record, signed_by, erased } = checks.signature;
  const heads = checks.completeness.heads ?? [];
  const attested = checks.time.attested ?? [];
  const checkpoints = checks.inclusion.checkpoints ?? [];
  return (
    <>
      {(signed_by || record) && (
        <section>
          <h3>Record</h3>
          <dl class="event-fields">
            {signed_by && (
              <>
                <div>
                  <dt>Signed by</dt>
                  <dd>
                    <Value text={signed_by.producer_id} />
                  </dd>
                </div>
                <div>
                  <dt>Key</dt>
                  <dd>
                    <Value text={signed_by.key_id} mono />
                  </dd>
                </div>
              </>
            )}
            {record && (
              <div>
                <dt>Place</dt>
                <dd>
                  partition {record.partition}, offset {formatNumber(record.offset)}, event {record.index} of the record
                </dd>
              </div>
            )}
            {erased && (
              <div>
                <dt>Erased</dt>
                <dd>
                  {erased.parts.join(' and ')}, named by{' '}
                  {erased.listed_in.map((id) => (
                    <a key={id} href={`/events/${id}?view=system`} class="mono">
                      {id}
                    </a>
                  ))}
                </dd>
              </div>
            )}
          </dl>
        </section>
      )}
      {checkpoints.length > 0 && (
        <section>
          <h3>Checkpoints</h3>
          {checkpoints.map((checkpoint) => (
            <CheckpointFacts key={checkpoint.origin} checkpoint={checkpoint} />
          ))}
        </section>
      )}
      {heads.length > 0 && (
        <section>
          <h3>Numbering of the producers</h3>
          <dl class="event-fields">
            {heads.map(({ log, producerId, lane, sequences, signedBy, at }) => (
              <div key={`${log} ${producerId} ${lane}`}>
                <dt>
                  {producerId}, lane {lane}
                </dt>
                <dd>
                  {sequences ? `${formatNumber(sequences[0])} to ${formatNumber(sequences[1])}, ` : ''}signed up to
                  there by {signedBy} <Time iso={at} as="exact" />
                </dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      {attested.length > 0 && (
        <section>
          <h3>Times attested</h3>
          <dl class="event-fields">
            {attested.map(({ log, at, authority }) => (
              <div key={`${log} ${at}`}>
                <dt class="cut" title={authority}>
                  {authority}
                </dt>
                <dd>
                  <Time iso={at} as="exact" />
                </dd>
              </div>
            ))}
          </dl>
        </section>
      )}
    </>
  );
}

function CheckpointFacts({ checkpoint }: { checkpoint: Checkpoint }) {
  const { origin, size, root, signedBy, witnesses, missing } = checkpoint;
  return (
    <dl class="event-fields proof-checkpoint">
      <div>
        <dt>Log</dt>
        <dd>
          <Value text={origin} mono />
        </dd>
      </div>
      <div>
        <dt>Size</dt>
        <dd>{formatNumber(size)}</dd>
      </div>
      <div>
        <dt>Root</dt>
        <dd>
          <Value text={root} mono />
        </dd>
      </div>
      <div>
        <dt>Log key</dt>
        <dd class="mono">{signedBy.join(', ')}</dd>
      </div>
      <div>
        <dt>Witnesses</dt>
        <dd>
          <ul>
            {witnesses.map(({ name, at }) => (
              <li key={name}>
                <Icon name="check" size={14} /> {name} <Time iso={at} as="exact" />
              </li>
            ))}
            {missing.map((name) => (
              <li key={name} class="proof-missing">
                <Icon name="close" size={14} /> {name} has not cosigned
              </li>
            ))}
            {witnesses.length + missing.length === 0 && <li class="faint">none</li>}
          </ul>
        </dd>
      </div>
    </dl>
  );
}
