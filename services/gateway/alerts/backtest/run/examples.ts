import type { Finding } from '../../../../alerts/findings/index.js';
import { decodeEventRows, eventColumns } from '../../../../core/rows/index.js';
import { idSql, timeSql } from '../../../../core/sql/bind.js';
import { parseUuid } from '../../../../core/wire/index.js';
import { type EventAnswer, rowAnswer } from '../../../query/answer.js';
import type { BacktestLimits } from './limits.js';
import type { EventSource } from './read-events.js';

/** Events of the first findings, by id: a few of each, as far as the scopes let them be seen. */
export async function readExamples(
  findings: readonly Finding[],
  { table, scopes, signal }: EventSource,
  { examples, examplesEach }: BacktestLimits,
): Promise<Map<string, EventAnswer>> {
  const shown = findings.slice(0, Math.floor(examples / examplesEach));
  const ids = shown.flatMap(({ eventIds }) => eventIds.slice(0, examplesEach)).flatMap((id) => parseUuid(id) ?? []);
  const found = new Map<string, EventAnswer>();
  if (ids.length === 0) return found;
  const fromUs = Math.min(...shown.map(({ firstSeenUs }) => firstSeenUs));
  const toUs = Math.max(...shown.map(({ lastSeenUs }) => lastSeenUs));
  for (const scope of scopes) {
    const bytes = await table.select({
      name: 'backtest_examples',
      scope,
      columns: eventColumns,
      where: (bind) => [
        `occurred_at >= ${timeSql(fromUs, bind)} AND occurred_at <= ${timeSql(toUs, bind)}`,
        ids.map((id) => `(${idSql(id, bind)})`).join(' OR '),
      ],
      rest: `LIMIT ${ids.length}`,
      signal,
    });
    for (const row of decodeEventRows(bytes)) {
      const answer = rowAnswer(row);
      found.set(answer.id, answer);
    }
  }
  return found;
}
