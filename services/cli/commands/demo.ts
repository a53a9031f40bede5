import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { type SigningKey, signingKeyFromPem } from '../../core/seal/index.js';
import { type ConnectionOptions, instanceEnvironment } from '../connection/connection.js';
import { dataFolder } from '../connection/instance.js';
import type { Delivery } from '../demo/delivery/delivery.js';
import { createHttpDelivery } from '../demo/delivery/over-http.js';
import { createKafkaDelivery, findKafka } from '../demo/delivery/over-kafka.js';
import { countAlerts, findRoleChange, hours, runDemo } from '../demo/run-demo.js';
import { createSimulation, type Simulation } from '../demo/simulation.js';
import { tellAttack } from '../demo/story.js';
import { CliError, exitCodes } from '../errors.js';
import type { Api } from '../http/api.js';
import { createProgress } from '../output/progress.js';
import { openSigningKey } from '../signing-key-file.js';
import { durationMs, type Tools, wholeNumber, withConnectionOptions } from './command.js';

interface Options extends ConnectionOptions {
  rate: number;
  duration: number;
  backfill?: number;
  backfillEvents: number;
  seed?: string;
  via: 'auto' | 'kafka' | 'http';
}

const dayMs = 86_400_000;
/** How long the end waits for the last events to be found. */
const storedWithinMs = 15_000;
/** Alerts take a moment more, on a busy machine: they are told where there are any. */
const alertsWithinMs = 60_000;
const reportEvery = { terminalMs: 500, plainMs: 5_000 };

export function addDemo(parent: Command, tools: Tools): void {
  const command = parent
    .command('demo')
    .description("a simulated company's day, with an attack in it")
    .option('--rate <n>', 'live events a second', wholeNumber(1, 20_000), 20)
    .option('--duration <time>', 'how long to go on: 60s, 5m, 1h', durationMs, 60_000)
    .option('--backfill <time>', 'how much past to make up first; default: 24h where there is none yet', durationMs)
    .option('--backfill-events <n>', 'about how many events of it', wholeNumber(1, 1_000_000), 5_000)
    .option('--seed <text>', 'the same choices for the same seed, at the same time of day; default: new ones')
    .addOption(new Option('--via <way>', 'how events go in').choices(['auto', 'kafka', 'http']).default('auto'));
  withConnectionOptions(command).action((options: Options) => demo(options, tools));
}

async function demo(options: Options, tools: Tools): Promise<void> {
  const { surroundings, printer, exitWith } = tools;
  const { nowMs, signal } = surroundings;
  const api = tools.connect(options);
  const simulation = createSimulation(options.seed ?? randomBytes(4).toString('hex'));
  await nameOrganizations(api, simulation);
  const backfillMs = options.backfill ?? ((await hasEvents(api, simulation)) ? 0 : dayMs);
  const delivery = await openDelivery(api, simulation, options, tools);
  const { rate, duration, backfillEvents } = options;
  const names = simulation.companies.map(({ id }) => id).join(', ');
  const first = backfillMs > 0 ? `the last ${hours(backfillMs)}, then ` : '';
  printer.note(`Simulating ${names}: ${first}${hours(duration)} at ${rate} events/s,\n${delivery.how}.`);
  const progress = createProgress(surroundings, reportEvery);
  const plan = { rate, durationMs: duration, backfillMs, backfillEvents };
  const beganMs = nowMs();
  const { past, live, liveMs } = await runDemo({ plan, simulation, delivery, progress, nowMs, signal });
  await delivery.close();
  const perSecond = liveMs > 0 ? ` (${((1_000 * live) / liveMs).toFixed(1)}/s)` : '';
  await printer.text(
    `\n${past} events of the past and ${live} live ones${perSecond}, ${delivery.acknowledged} acknowledged.\n\n`,
  );
  if (delivery.failure) {
    exitWith(exitCodes.failed);
    printer.note(`${delivery.sent - delivery.acknowledged} events did not get in: ${delivery.failure.message}`);
    return;
  }
  for (const attack of simulation.attacks.filter(({ endMs }) => endMs <= nowMs())) {
    const roleChange = signal.aborted ? undefined : await eventually(() => findRoleChange(api, attack), nowMs);
    const isLive = attack.startMs >= beganMs;
    const alerts = isLive && !signal.aborted ? await countAlerts(api, attack, nowMs() + alertsWithinMs) : undefined;
    await printer.text(`${tellAttack(attack, { roleChange, alerts }, printer.width)}\n`);
  }
}

/** For people who look at lists of organizations; where the key may not name them they go without. */
async function nameOrganizations(api: Api, { companies }: Simulation): Promise<void> {
  for (const { id, name } of companies) {
    try {
      await api.post('/api/organizations', { body: { id, name } });
    } catch (error) {
      if (!(error instanceof CliError) || error.code !== 'refused') throw error;
    }
  }
}

/** Whether these people have done something before: another import into the same organizations is none of theirs. */
async function hasEvents(api: Api, { companies }: Simulation): Promise<boolean> {
  const [{ id, people }] = companies as [(typeof companies)[number]];
  const query = { organization_id: id, actor: people.map((person) => person.id), limit: 1 };
  return (await api.get<{ events: unknown[] }>('/api/audit', { query })).events.length > 0;
}

async function openDelivery(api: Api, { companies }: Simulation, { via }: Options, tools: Tools): Promise<Delivery> {
  const { surroundings, printer } = tools;
  if (via === 'http') return createHttpDelivery(api);
  const kafka = await findKafka(instanceEnvironment(surroundings));
  if (kafka) {
    const organizations = companies.map(({ id }) => id);
    return createKafkaDelivery({ kafka, api, key: demoKey(dataFolder(surroundings)), organizations });
  }
  const missing = 'Kafka cannot be reached from here (KAFKA_BROKERS and SEALSTREAM_AUDIENCE say where it is)';
  if (via === 'kafka') throw new CliError('unreachable', `${missing}.`);
  printer.note(`${missing}: the events go over HTTP.`);
  return createHttpDelivery(api);
}

/** One key for all runs on an instance; where there is no folder to keep it in, one for this run. */
function demoKey(folder: string): SigningKey {
  if (existsSync(folder)) return openSigningKey(join(folder, 'demo.pem')).key;
  return signingKeyFromPem(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }));
}

/** What `find` finds, as soon as it does: the consumer may be a moment behind. */
async function eventually<T>(find: () => Promise<T | undefined>, nowMs: () => number): Promise<T | undefined> {
  for (const giveUpMs = nowMs() + storedWithinMs; ; await sleep(300)) {
    const found = await find();
    if (found !== undefined || nowMs() > giveUpMs) return found;
  }
}
