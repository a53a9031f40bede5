import { readFileSync } from 'node:fs';
import { createRuleIndex } from '../../services/alerts/match/index.js';
import { type DetectionRule, parseRules, type Rule } from '../../services/alerts/rules/index.js';
import type { Entered, WindowPlan } from '../../services/alerts/windows/index.js';
import { type EventInput, toWire } from '../../services/core/event/index.js';
import { formatUuid, type WireEvent } from '../../services/core/wire/index.js';
import { sharedData } from './importing.js';

/** The rules of a text; throws what is wrong with it. */
export function rulesOf(text: string): Rule[] {
  const parsed = parseRules(text);
  if ('faults' in parsed) throw new Error(parsed.faults.map(({ line, message }) => `${line}: ${message}`).join('\n'));
  return parsed.rules;
}

/** An id that sorts by its number. */
export const numberedId = (number: number): Buffer => {
  const id = Buffer.from('00000000000070008000000000000000', 'hex');
  id.writeUIntBE(number, 10, 6);
  return id;
};

export const timeZeroUs = Date.UTC(2026, 0, 5, 12) * 1_000;

export const eventAt = (input: Partial<EventInput>, number: number, timeUs: number): WireEvent => {
  const event = toWire(
    { action: 'auth.login', organization_id: 'acme', actor: { id: 'usr_1' }, ...input },
    { id: numberedId(number), nowUs: timeUs },
  );
  return { ...event, body: { ...event.body, occurred_at: timeUs } };
};

/** What the events are to the plan's windows. Each was appended when it happened, or `behindUs` later. */
export function enterAll(
  plan: WindowPlan,
  rules: readonly Rule[],
  events: readonly WireEvent[],
  behindUs: (event: WireEvent) => number = () => 0,
): Entered[] {
  const index = createRuleIndex(rules.filter((rule): rule is DetectionRule => rule.kind === 'detection'));
  return events.flatMap((event) =>
    plan
      .entriesOf(event, index.match(event), event.body.occurred_at + behindUs(event))
      .map((entry) => ({ entry, timeUs: event.body.occurred_at, eventId: formatUuid(event.body.id) })),
  );
}

/** The failed passwords of the sshd log, a line repeated so many times as so many events. */
export function failedPasswords(): WireEvent[] {
  const text = readFileSync(sharedData('loghub-openssh/OpenSSH.log').file, 'utf8');
  const events: WireEvent[] = [];
  for (const line of text.trimEnd().split('\n')) {
    const failed = /Failed password for (?:invalid user )?(.*?) from (\S+) port/.exec(line);
    if (!failed) continue;
    const timeUs = Date.parse(`2026 ${line.slice(0, 15)} UTC`) * 1_000;
    const times = Number(/message repeated (\d+) times/.exec(line)?.[1] ?? 1);
    const input = { action: 'auth.login', outcome: 'failure', actor: { id: failed[1]! }, ip: failed[2]! } as const;
    for (let time = 0; time < times; time += 1) events.push(eventAt(input, events.length, timeUs));
  }
  return events;
}
