import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { compileDetection } from '../../services/alerts/match/index.js';
import {
  type DetectionRule,
  parseRules,
  type Rule,
  type RuleFault,
  type RuleLimits,
} from '../../services/alerts/rules/index.js';
import { type EventInput, toWire } from '../../services/core/event/index.js';
import type { WireEvent } from '../../services/core/wire/event.js';

/** Rules that have to be good. */
export function rulesOf(text: string): Rule[] {
  const read = parseRules(text);
  assert.ok('rules' in read, 'faults' in read ? JSON.stringify(read.faults) : '');
  return read.rules;
}

/** What is wrong with a text, as `line:column code message`. */
export function faultsOf(text: string, limits?: RuleLimits): string[] {
  const read = parseRules(text, limits ? { limits } : {});
  assert.ok('faults' in read, 'the rule is accepted');
  return read.faults.map(said);
}

export const said = ({ line, column, code, message }: RuleFault): string => `${line}:${column} ${code} ${message}`;

/** A Sigma rule about our own events with this detection, in YAML. */
export const sigma = (detection: string, more = ''): string =>
  `title: A rule\nid: a-rule\nlogsource:\n  product: sealstream\ndetection:\n${detection.replace(/^/gm, '  ')}\n${more}`;

/** As `sigma`, of one selection given as YAML flow. */
export const selecting = (selection: string): string => sigma(`s: ${selection}\ncondition: s`);

export const wireOf = (input: Partial<EventInput>): WireEvent =>
  toWire({ action: 'x', organization_id: 'acme', ...input } as EventInput, { id: randomBytes(16), nowUs: 1_000_000 });

/** Whether the text's only rule matches the event. */
export function matches(text: string, input: Partial<EventInput>): boolean {
  const [rule] = rulesOf(text) as [DetectionRule];
  return compileDetection(rule.detection)(wireOf(input));
}
