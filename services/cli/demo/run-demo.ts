import { setTimeout as sleep } from 'node:timers/promises';
import type { EventInput } from '../../core/event/index.js';
import type { Api } from '../http/api.js';
import type { Progress } from '../output/progress.js';
import type { Attack } from './attack.js';
import type { Delivery } from './delivery/delivery.js';
import { history } from './history.js';
import { keepPace } from './pace.js';
import type { Simulation } from './simulation.js';

export interface DemoPlan {
  /** Live events a second. */
  rate: number;
  durationMs: number;
  /** How far back the made-up past reaches; 0 for none. */
  backfillMs: number;
  /** About how many events it holds. */
  backfillEvents: number;
}

export interface DemoResult {
  past: number;
  live: number;
  liveMs: number;
}

/** The past's attack begins a quarter of the way before now and takes at most this long. */
const pastAttackMs = 14 * 60_000;
const pastAttackEvents = 80;
/** A live attack takes this share of the events, and of the time. */
const liveShare = 0.5;
const fewestAttackEvents = 20;
/** The engine of alerts judges what it gets within a fraction of that. */
const alertsPollMs = 1_000;
/** Rules about other rules' alerts come a moment behind them. */
const alertsSettledPolls = 3;

/** The past first, as fast as it goes; then the present at its rate. Ctrl-C, or an event that was given up, ends it early and in order. */
export async function runDemo({
  plan,
  simulation,
  delivery,
  progress,
  nowMs,
  signal: interrupted,
}: {
  plan: DemoPlan;
  simulation: Simulation;
  delivery: Delivery;
  progress: Progress;
  nowMs: () => number;
  signal: AbortSignal;
}): Promise<DemoResult> {
  const { rate, durationMs, backfillMs, backfillEvents: count } = plan;
  const gaveUp = new AbortController();
  const signal = AbortSignal.any([interrupted, gaveUp.signal]);
  const send = (event: EventInput): Promise<void> | undefined => {
    if (delivery.failure) gaveUp.abort();
    return delivery.send(event);
  };
  const toMs = nowMs();
  if (backfillMs > 0) {
    const fromMs = toMs - backfillMs;
    const spanMs = Math.min(pastAttackMs, backfillMs / 5);
    simulation.attack({ startMs: toMs - backfillMs / 4, spanMs, budget: pastAttackEvents });
    for (const event of history({ simulation, fromMs, toMs, count })) {
      if (signal.aborted) break;
      await send(event);
      progress.show(
        () => `the last ${hours(backfillMs)}: ${delivery.sent} events, ${delivery.acknowledged} acknowledged`,
      );
    }
  }
  const past = delivery.sent;
  const startMs = nowMs();
  const budget = Math.floor((rate * durationMs * liveShare) / 1_000);
  const attack =
    budget >= fewestAttackEvents
      ? simulation.attack({ startMs: startMs + durationMs / 4, spanMs: durationMs * liveShare, budget })
      : undefined;
  const { emitted, elapsedMs } = await keepPace({
    rate,
    durationMs,
    nowMs,
    signal,
    emit: (atMs) => {
      progress.show(() => liveLine({ delivery, past, elapsedMs: nowMs() - startMs, attack, nowMs: nowMs() }));
      return send(simulation.next(Math.floor(atMs)));
    },
  });
  progress.done();
  return { past, live: emitted, liveMs: elapsedMs };
}

function liveLine({
  delivery,
  past,
  elapsedMs,
  attack,
  nowMs,
}: {
  delivery: Delivery;
  past: number;
  elapsedMs: number;
  attack: Attack | undefined;
  nowMs: number;
}): string {
  const live = delivery.sent - past;
  const perSecond = ((live * 1_000) / Math.max(1, elapsedMs)).toFixed(1);
  const waiting = delivery.sent - delivery.acknowledged;
  const seconds = Math.floor(elapsedMs / 1_000);
  const under = attack && nowMs >= attack.startMs && nowMs < attack.endMs ? ', an attack is going on' : '';
  return `${seconds} s: ${live} events, ${perSecond}/s, ${waiting} on their way${under}`;
}

export const hours = (ms: number): string => {
  const [per, unit] = ms >= 3_600_000 ? [3_600_000, 'h'] : ms >= 60_000 ? [60_000, 'min'] : [1_000, 's'];
  return `${Math.round((10 * ms) / per) / 10} ${unit}`;
};

/** The id of the event in which the attacker gives itself the role, once it can be found. */
export async function findRoleChange(api: Api, { company, correlation, startMs }: Attack): Promise<string | undefined> {
  const query = {
    organization_id: company.id,
    correlation_id: correlation,
    action: 'member.role_changed',
    from: new Date(startMs).toISOString(),
    limit: 1,
  };
  const { events } = await api.get<{ events: { id: string }[] }>('/api/audit', { query });
  return events[0]?.id;
}

/** How many alerts the attack's organization has had since it began: asked until it does not grow any more. */
export async function countAlerts(api: Api, { company, startMs }: Attack, giveUpMs: number): Promise<number> {
  const query = { organization_id: company.id, from: new Date(startMs).toISOString(), limit: 500 };
  for (let counted = 0, same = 0; ; await sleep(alertsPollMs)) {
    const { alerts } = await api.get<{ alerts: unknown[] }>('/api/alerts', { query });
    same = alerts.length === counted ? same + 1 : 0;
    counted = alerts.length;
    if ((counted > 0 && same >= alertsSettledPolls) || Date.now() > giveUpMs) return counted;
  }
}
