import { randomUUID } from 'node:crypto';
import { messageOf } from '../../core/errors.js';
import type { EventInput } from '../../core/event/index.js';
import { createLogger } from '../../core/log.js';
import { applyRepair } from '../../fsck/repair/apply.js';
import { RepairStopped } from '../../fsck/repair/errors.js';
import { makeRepairPlan } from '../../fsck/repair/make-plan.js';
import { isSomethingLeft, isSomethingToDo, type PartitionPlan, type RepairPlan } from '../../fsck/repair/plan.js';
import type { FsckDeployment } from '../../fsck/run.js';
import { instanceEnvironment } from '../connection/connection.js';
import { CliError, exitCodes } from '../errors.js';
import { grouped } from '../output/bars.js';
import { createProgress } from '../output/progress.js';
import type { Tools } from './command.js';
import type { FsckOptions } from './fsck.js';
import { readLogOptions, withDeployment } from './fsck-deployment.js';

/** `fsck --repair`: what would be written anew from Kafka, and with `--yes` the deleting that makes the consumer do it. */
export async function repair(options: FsckOptions, tools: Tools): Promise<void> {
  const { surroundings, printer, exitWith } = tools;
  const environment = instanceEnvironment(surroundings);
  await withDeployment(environment, async (deployment) => {
    const { plan, count } = await inWords(makePlan(deployment, environment, options, tools));
    const isDone = options.yes === true && isSomethingToDo(plan);
    if (options.output === 'table') await printer.text(describePlan(plan, { count, isDone }));
    if (isDone) await inWords(applyRepair(deployment, plan, { signal: surroundings.signal }));
    const told = isDone ? await tell(plan, tools) : undefined;
    if (options.output !== 'table') {
      const answer = { repaired: isDone, differences: count, ...plan, ...(told ? { event: told } : {}) };
      await (options.output === 'json' ? printer.json(answer) : printer.ndjson(answer));
    } else if (isDone) {
      await printer.text('Done. Start the consumer: it writes the rest anew from Kafka. Then run sealstream fsck.\n');
    }
    if (isDone ? isSomethingLeft(plan) : count > 0 || plan.partitions.length > 0) exitWith(exitCodes.tampered);
  });
}

async function makePlan(
  deployment: FsckDeployment,
  environment: Parameters<typeof readLogOptions>[0],
  options: FsckOptions,
  { surroundings }: Tools,
): Promise<{ plan: RepairPlan; count: number }> {
  const { cwd, signal, nowMs } = surroundings;
  const openLog = await readLogOptions(environment, options, { cwd, audience: deployment.deployment.audience });
  const progress = createProgress(surroundings);
  let count = 0;
  const plan = await makeRepairPlan(deployment, {
    ...(openLog ? { openLog } : {}),
    onlyPartition: options.partition,
    report: () => {
      count += 1;
    },
    onProgress: ({ records, of }) =>
      progress.show(() => `${grouped(records)} of ${grouped(of)} records, ${count} differences`),
    logger: createLogger('fsck', 'silent'),
    signal,
    nowMs,
  }).finally(() => progress.done());
  return { plan, count };
}

async function inWords<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof RepairStopped)) throw error;
    const { message } = error;
    throw new CliError('refused', `${message[0]!.toUpperCase()}${message.slice(1)}`, { retriable: true, cause: error });
  }
}

/** Where what is deleted is said of each partition, for who decides on it. */
export function describePlan(plan: RepairPlan, { count, isDone }: { count: number; isDone: boolean }): string {
  const lines = plan.partitions.flatMap(describePartition);
  if (plan.beside.length > 0) {
    lines.push('Not to be repaired from Kafka:', ...plan.beside.map((line) => `  ${line}`));
  }
  const said = `${grouped(count)} ${count === 1 ? 'difference' : 'differences'}`;
  const nothing = count === 0 && plan.partitions.length === 0 ? 'Nothing to repair: no difference.' : undefined;
  const end =
    nothing ??
    (isDone
      ? `${said}. Repairing …`
      : isSomethingToDo(plan)
        ? `${said}. Nothing was changed: with --yes this is done.`
        : `${said}, and nothing that a repair can mend. Nothing was changed; sealstream fsck names each.`);
  return `${[...lines, end].join('\n')}\n`;
}

function describePartition({ partition, incarnation, found, rebuild, refused }: PartitionPlan): string[] {
  const lines = [`partition ${partition} of ${incarnation.slice(0, 8)}`, ...found.map((line) => `  found: ${line}`)];
  for (const { first, last, why } of refused) {
    const offsets = first === last ? `offset ${first}` : `offsets ${first}–${last}`;
    lines.push(`  refused: ${offsets}: ${why}`);
  }
  if (rebuild) {
    const { from, rows, records, generation } = rebuild;
    const deleted = Object.entries(rows).map(([table, count]) => `${grouped(count)} of ${table}`);
    lines.push(
      `  from offset ${from} on: deletes ${deleted.join(', ')}`,
      `  Kafka gives ${grouped(records)} ${records === 1 ? 'record' : 'records'} again, under generation ${generation}`,
    );
  }
  return lines;
}

/** An audit event for every partition that was changed. Says what to send where it cannot be sent now. */
async function tell(
  plan: RepairPlan,
  { connect, printer }: Tools,
): Promise<{ ids: string[] } | { unsent: EventInput[] }> {
  const events = plan.partitions.flatMap(eventOf);
  try {
    const headers = { 'idempotency-key': `fsck-repair-${randomUUID()}` };
    const { ids } = await connect({}).post<{ ids: string[] }>('/api/audit/events', { body: events, headers });
    return { ids };
  } catch (error) {
    printer.note(
      `The repair is done, and the audit event that says so could not be sent: ${messageOf(error)}\n` +
        `Once the gateway runs, pipe this into sealstream emit:\n${events.map((event) => JSON.stringify(event)).join('\n')}`,
    );
    return { unsent: events };
  }
}

function eventOf({ partition, incarnation, found, rebuild }: PartitionPlan): EventInput[] {
  if (!rebuild) return [];
  const { from: offset, rows, records, generation } = rebuild;
  return [
    {
      scope: 'system',
      action: 'log.repaired',
      actor: { type: 'system', id: 'fsck' },
      service: 'fsck',
      outcome: 'success',
      target: { type: 'partition', id: `${incarnation}/${partition}` },
      details: { incarnation, partition, offset, records, rows, generation, detail: found.join('; ').slice(0, 2_000) },
    },
  ];
}
