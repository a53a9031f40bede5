import { useLoad } from '../api/load.js';
import type { AuditEvent, EventList, Facets } from '../api/types.js';
import { useApp } from '../shell/app.js';
import { Badge } from '../ui/badge.js';
import { ButtonLink } from '../ui/button.js';
import { counted, formatNumber } from '../ui/format.js';
import { Empty, LoadingRows, LockedState, ProblemState } from '../ui/states.js';
import { Table } from '../ui/table.js';
import { Time } from '../ui/time.js';
import { Value } from '../ui/value.js';
import { findingWords, gapsByProducer, type ListedProducer, type ProducerGaps } from './gaps.js';

const shown = 100;

/** What the judge of the log found, by producer and one by one. The log itself is told of each: they are events of the system scope. */
export function Findings() {
  const { api, sessions } = useApp();
  const may = sessions.may('view:system_audit_logs');
  const mayProducers = sessions.may('manage:keys');
  const { data, problem, again } = useLoad(String(may), async (signal) => {
    if (!may) return undefined;
    const about = (action: string) =>
      api.get<Facets>('/api/audit/system/facets', { fields: ['target_id'], top: 100, action }, signal);
    const [found, closed, forked, events, producers] = await Promise.all([
      about('log.gap_detected'),
      about('log.gap_closed'),
      about('log.equivocation_detected'),
      api.get<EventList>('/api/audit/system', { category: 'log', limit: shown }, signal),
      mayProducers
        ? api.get<{ producers: ListedProducer[] }>('/api/producers', {}, signal).then(({ producers }) => producers)
        : [],
    ]);
    const counts = (facets: Facets) =>
      new Map((facets.facets.target_id?.values ?? []).map(({ value, count }) => [value, count]));
    return {
      gaps: gapsByProducer({ found: counts(found), closed: counts(closed), forked: counts(forked), producers }),
      events: events.events,
      more: events.next_cursor !== null,
    };
  });
  if (!may) return <LockedState permission="view:system_audit_logs" />;
  if (problem) return <ProblemState problem={problem} again={again} />;
  if (!data) return <LoadingRows label="Loading findings" />;
  return (
    <>
      <section class="integrity-part">
        <h2>Completeness by producer</h2>
        {data.gaps.length === 0 ? (
          <Empty title="No producer is known" icon="producer" />
        ) : (
          <Table<ProducerGaps>
            caption="Completeness by producer"
            rows={data.gaps}
            keyOf={({ producerId }) => producerId}
            columns={[
              { name: 'producer', label: 'Producer', cell: ({ producerId }) => <Value text={producerId} mono /> },
              { name: 'name', label: 'Name', cell: ({ name }) => name },
              { name: 'state', label: 'Numbering', cell: (row) => <State {...row} /> },
              { name: 'found', label: 'Gaps found', number: true, cell: ({ found }) => formatNumber(found) },
              { name: 'closed', label: 'Closed later', number: true, cell: ({ closed }) => formatNumber(closed) },
              { name: 'forked', label: 'Equivocations', number: true, cell: ({ forked }) => formatNumber(forked) },
            ]}
          />
        )}
      </section>
      <section class="integrity-part">
        <h2>
          Findings
          {data.events.length > 0 && (
            <ButtonLink href="/?view=system&category=log&range=all" look="quiet" icon="explore" small>
              In Explore
            </ButtonLink>
          )}
        </h2>
        {data.events.length === 0 ? (
          <Empty title="Nothing was found" icon="integrity">
            No gap, no equivocation, and nothing stored that differs from what was signed and sealed.
          </Empty>
        ) : (
          <Table<AuditEvent>
            caption="Findings"
            rows={data.events}
            keyOf={({ id }) => id}
            columns={[
              { name: 'at', label: 'Found', cell: ({ occurred_at }) => <Time iso={occurred_at} /> },
              {
                name: 'what',
                label: 'What',
                cell: ({ id, action }) => (
                  <a href={`/?view=system&category=log&range=all&event=${id}`}>{findingWords[action] ?? action}</a>
                ),
              },
              { name: 'of', label: 'Of', cell: ({ target }) => <Value text={target?.id ?? '–'} mono /> },
              { name: 'detail', label: 'Where', cell: ({ details }) => <Where details={details} /> },
            ]}
          />
        )}
        {data.more && <p class="integrity-say faint">The newest {shown}; more are in Explore.</p>}
      </section>
    </>
  );
}

function State({ open, forked }: ProducerGaps) {
  if (forked > 0) {
    return (
      <Badge tone="bad" shape="cross">
        contradicts itself
      </Badge>
    );
  }
  if (open > 0) {
    return (
      <Badge tone="warn" shape="half">
        {counted(open, 'gap')} open
      </Badge>
    );
  }
  return (
    <Badge tone="good" shape="disc">
      without a gap
    </Badge>
  );
}

function Where({ details }: { details: unknown }) {
  if (typeof details !== 'object' || details === null) return null;
  const { partition, offset, lane, first_seq, events, detail } = details as Record<string, unknown>;
  const parts = [
    partition !== undefined && `partition ${partition}`,
    offset !== undefined && `offset ${offset}`,
    lane !== undefined && `lane ${lane}`,
    first_seq !== undefined && `from sequence ${first_seq}`,
    typeof events === 'number' && events > 0 && counted(events, 'event'),
    typeof detail === 'string' && detail !== '' && detail,
  ];
  return <span>{parts.filter(Boolean).join(', ')}</span>;
}
