import type { Producer } from 'kafkajs';
import { alertMessage, type Finding, type FindingTable } from '../findings/index.js';
import type { FindingChange } from './cascade.js';
import type { EngineMetrics } from './engine-metrics.js';

/** Whoever tells people. Calls are repeated after a crash: the same change of the same finding is to be told once. */
export type TellPeople = (
  changes: readonly { change: FindingChange['change'] | 'resolved'; finding: Finding; succeeds: boolean }[],
) => Promise<void>;

/** Stores findings, publishes them, and has people told, all at once: what fails is done again, all of it. */
export interface Reporter {
  report(changes: readonly FindingChange[]): Promise<void>;
  /** Findings that came to their end, by organization and id. */
  resolved(names: readonly string[]): Promise<void>;
}

export function createReporter({
  table,
  producer,
  topic,
  tell,
  metrics,
  nowMs = Date.now,
}: {
  table: FindingTable;
  producer: Pick<Producer, 'send'>;
  topic: string;
  tell: TellPeople;
  metrics: EngineMetrics;
  nowMs?: () => number;
}): Reporter {
  const publish = async (
    changes: readonly { change: FindingChange['change'] | 'resolved'; finding: Finding }[],
  ): Promise<void> => {
    const atMs = nowMs();
    await producer.send({
      topic,
      acks: -1,
      messages: changes.map(({ change, finding }) => ({
        // One group's changes stay in order.
        key: finding.fingerprint,
        value: JSON.stringify(alertMessage(change, finding, atMs)),
      })),
    });
  };
  return {
    async report(changes) {
      await Promise.all([table.write(changes.map(({ finding }) => finding)), publish(changes), tell(changes)]);
      for (const { change } of changes) metrics.findings.inc({ change });
    },
    async resolved(names) {
      const ids = names.map((name) => {
        const at = name.lastIndexOf('/');
        return { organizationId: name.slice(0, at), id: name.slice(at + 1) };
      });
      const findings = (await table.byIds(ids)).filter(({ successor }) => successor === undefined);
      if (findings.length === 0) return;
      const changes = findings.map((finding) => ({ change: 'resolved' as const, finding, succeeds: false }));
      await Promise.all([publish(changes), tell(changes)]);
      metrics.resolved.inc(findings.length);
    },
  };
}
