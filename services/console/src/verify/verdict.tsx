import './verify.css';
import { Badge, OutcomeBadge, type Shape, type Tone } from '../ui/badge.js';
import { counted, formatNumber } from '../ui/format.js';
import { Icon } from '../ui/icon.js';
import { Table } from '../ui/table.js';
import { Time } from '../ui/time.js';
import { Value } from '../ui/value.js';
import type { BundleVerdict, Check } from './verify-in-browser.js';
import { checkWords, failureWords } from './words.js';

/** Keys that the bundle itself named, as nobody gave any. */
const firstUseOf = ({ trust }: BundleVerdict): string[] => [
  ...(trust.deployment === 'first_use' ? ['the root key'] : []),
  ...(trust.log === 'first_use' ? ['the log’s key'] : []),
];

/** Stands out, and is the same word everywhere. What rests on nothing but the bundle's own word is not green. */
function wordOf(verdict: BundleVerdict): { word: string; tone: Tone; shape: Shape } {
  if (verdict.tampered) return { word: 'Tampered with', tone: 'bad', shape: 'cross' };
  if (!verdict.verified) return { word: 'Not proven', tone: 'warn', shape: 'triangle' };
  if (firstUseOf(verdict).length > 0) return { word: 'Verified, maker unknown', tone: 'warn', shape: 'half' };
  return { word: 'Verified', tone: 'good', shape: 'disc' };
}

export function VerdictBadge({ verdict }: { verdict: BundleVerdict }) {
  const { word, tone, shape } = wordOf(verdict);
  return (
    <Badge tone={tone} shape={shape} ground>
      {word}
    </Badge>
  );
}

/** All that a bundle was found to say: the four checks, on what they rest, and the events. */
export function Verdict({ verdict }: { verdict: BundleVerdict }) {
  const { failed, checks, trust, audience, question, events } = verdict;
  const firstUse = firstUseOf(verdict);
  const { tone } = wordOf(verdict);
  return (
    <div class="verdict">
      {failed && (
        <div class={`verdict-failed ${tone}`}>
          <Icon name="warning" />
          <div>
            <code>{failed}</code>
            <p>{failureWords[failed]}</p>
          </div>
        </div>
      )}
      {firstUse.length > 0 && !failed && (
        <div class="verdict-failed warn">
          <Icon name="warning" />
          <div>
            <b>First use</b>
            <p>
              The bundle agrees with itself, by keys that it names itself: {firstUse.join(' and ')}. Who made it is not
              known. Give a trust file with the keys that you got from the operator by another way.
            </p>
          </div>
        </div>
      )}
      <ul class="verdict-checks">
        {(['signature', 'inclusion', 'completeness', 'time'] as const).map((name) => (
          <CheckRow key={name} name={name} check={checks[name]} />
        ))}
      </ul>
      <dl class="facts">
        <dt>Deployment</dt>
        <dd>
          <Value text={audience} mono /> {trust.deployment === 'pinned' ? 'as you trust it' : 'as the bundle says'}
        </dd>
        <dt>Asked for</dt>
        <dd>{askedFor(question)}</dd>
        {checks.signature.erasedParts > 0 && (
          <>
            <dt>Erased</dt>
            <dd>{counted(checks.signature.erasedParts, 'part')}, each named by a signed erasure</dd>
          </>
        )}
      </dl>
      <Evidence verdict={verdict} />
      {events.length > 0 && (
        <section>
          <h3>
            {counted(checks.signature.events, 'event')}
            {events.length < checks.signature.events && (
              <span class="faint"> of which the first {formatNumber(events.length)} are listed</span>
            )}
          </h3>
          <Table
            caption="Events of the bundle"
            rows={events}
            keyOf={({ log, record, index }) => `${log}/${record}/${index}`}
            columns={[
              { name: 'at', label: 'Time', cell: (event) => <Time iso={isoOf(event.occurredAtUs)} as="exact" /> },
              { name: 'action', label: 'Action', cell: (event) => <span class="mono">{event.action}</span> },
              { name: 'outcome', label: 'Outcome', cell: (event) => <OutcomeBadge outcome={event.outcome} /> },
              { name: 'actor', label: 'Actor', cell: (event) => <Actor event={event} /> },
              {
                name: 'target',
                label: 'Target',
                cell: ({ target }) => target.name || [target.type, target.id].filter(Boolean).join(' '),
              },
              { name: 'organization', label: 'Organization', cell: (event) => event.organizationId },
              {
                name: 'message',
                label: 'Message',
                cell: (event) =>
                  event.content === 'erased' ? <span class="faint">erased</span> : <span>{event.message}</span>,
              },
              { name: 'id', label: 'Id', cell: (event) => <Value text={event.id} mono /> },
            ]}
          />
        </section>
      )}
    </div>
  );
}

const Actor = ({ event: { actor, identity } }: { event: BundleVerdict['events'][number] }) => (
  <>
    {actor.name || actor.id || actor.type}
    {identity === 'erased' && <span class="faint"> (erased)</span>}
  </>
);

const isoOf = (us: number): string => new Date(us / 1_000).toISOString();

function askedFor(question: BundleVerdict['question']) {
  if (question.kind === 'event') {
    return (
      <>
        the event <Value text={question.id} mono />
      </>
    );
  }
  if (question.kind === 'range') return 'a stretch of the log';
  const filters = Object.entries(question.filters).map(([name, values]) => `${name}: ${values.join(', ')}`);
  return filters.length === 0 ? 'all events' : `events of ${filters.join('; ')}`;
}

function CheckRow({ name, check }: { name: keyof typeof checkWords; check: Check }) {
  const state = check.verified ? 'good' : check.available ? 'bad' : 'plain';
  return (
    <li class={state}>
      <span class="verdict-check">{name}</span>
      {check.verified ? (
        <Badge tone="good" shape="disc">
          verified
        </Badge>
      ) : check.available ? (
        <Badge tone="bad" shape="cross">
          failed
        </Badge>
      ) : (
        <Badge tone="plain" shape="ring">
          not available
        </Badge>
      )}
      <span class="verdict-says">
        {(check.failed || check.verified) && (
          <span>{check.failed ? failureWords[check.failed] : checkWords[name]}</span>
        )}
        <span class="faint">{check.message}</span>
      </span>
    </li>
  );
}

/** On what it rests: heads and who signed them, how far each lane is signed for, and times. */
function Evidence({ verdict: { checks } }: { verdict: BundleVerdict }) {
  const { checkpoints } = checks.inclusion;
  const { heads } = checks.completeness;
  const { attested } = checks.time;
  return (
    <>
      {checkpoints.length > 0 && (
        <section>
          <h3>Heads of the log</h3>
          <Table
            caption="Heads of the log"
            rows={checkpoints}
            keyOf={({ origin }) => origin}
            columns={[
              { name: 'origin', label: 'Log', cell: ({ origin }) => <Value text={origin} mono /> },
              { name: 'size', label: 'Size', number: true, cell: ({ size }) => formatNumber(size) },
              { name: 'root', label: 'Root', cell: ({ root }) => <Value text={root} mono /> },
              {
                name: 'witnesses',
                label: 'Witnesses you trust',
                cell: ({ witnesses, missing }) => (
                  <>
                    {witnesses.map(({ name }) => name).join(', ') || <span class="faint">none</span>}
                    {missing.length > 0 && <span class="faint"> · missing: {missing.join(', ')}</span>}
                  </>
                ),
              },
            ]}
          />
        </section>
      )}
      {heads.length > 0 && (
        <section>
          <h3>Signed for, by each producer</h3>
          <Table
            caption="How far each lane is signed for"
            rows={heads}
            keyOf={({ log, epoch, lane, producerId }) => `${log}/${producerId}/${epoch}/${lane}`}
            columns={[
              { name: 'producer', label: 'Producer', cell: ({ producerId }) => <span class="mono">{producerId}</span> },
              { name: 'lane', label: 'Lane', number: true, cell: ({ lane }) => lane },
              {
                name: 'sequences',
                label: 'Sequences',
                cell: ({ sequences }) => (sequences ? `${sequences[0]} to ${sequences[1]}` : 'none'),
              },
              { name: 'by', label: 'Up to there by', cell: ({ signedBy }) => signedBy },
              { name: 'at', label: 'At', cell: ({ at }) => <Time iso={at} as="exact" /> },
            ]}
          />
        </section>
      )}
      {attested.length > 0 && (
        <section>
          <h3>Timestamps</h3>
          <Table
            caption="Timestamps"
            rows={attested}
            keyOf={({ log }) => log}
            columns={[
              { name: 'at', label: 'No later than', cell: ({ at }) => <Time iso={at} as="exact" /> },
              { name: 'authority', label: 'Says', cell: ({ authority }) => authority },
              { name: 'log', label: 'Log', cell: ({ log }) => <Value text={log} mono /> },
            ]}
          />
        </section>
      )}
    </>
  );
}
