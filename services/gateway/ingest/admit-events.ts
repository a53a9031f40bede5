import { Compile } from 'typebox/compile';
import { listAction } from '../../core/erasure/index.js';
import { EventInput, encodeChecked, InvalidEvent, toWire } from '../../core/event/index.js';
import { validationParts } from '../../core/validation.js';
import { limits, type WireEvent } from '../../core/wire/index.js';
import { type Caller, may, mayActFor } from '../auth/caller.js';
import { Problem, type ProblemPart } from '../errors.js';
import { described } from '../http/problem-of.js';
import { type ContentTexts, contentMembers, contentTexts, maxDepth } from './json-texts.js';

const eventInput = Compile(EventInput);
/** At most so many places are named. */
const mostErrors = 20;

export interface Admission {
  caller: Caller;
  /** What X-Organization-Id chose. */
  organization: string | undefined;
  nowMs: number;
  /** 16 bytes for event `index`, where it names none itself. */
  idOf: (index: number) => Buffer;
}

/**
 * The door: what a body says (`json` is its text), as events that every reader will accept. All of them or none; throws invalid-event (422) that names each
 * field by its JSON Pointer, or forbidden (403) for an organization or scope that the caller may not write.
 */
export function admitEvents(body: unknown, json: string, admission: Admission): WireEvent[] {
  const list = Array.isArray(body) ? body : [body];
  if (list.length === 0) throw new Problem('invalid-event', 'the array holds no event');
  if (list.length > limits.recordEvents) {
    throw new Problem('body-too-large', `${list.length} events, at most ${limits.recordEvents} in one request`);
  }
  const texts = contentTexts(json);
  const events: WireEvent[] = [];
  const errors: ProblemPart[] = [];
  for (let index = 0; index < list.length && errors.length < mostErrors; index += 1) {
    const base = Array.isArray(body) ? `/${index}` : '';
    try {
      events.push(admitEvent(list[index], texts[index] ?? {}, index, base, admission));
    } catch (error) {
      if (error instanceof InvalidEvent) errors.push({ pointer: `${base}${error.pointer}`, detail: error.detail });
      else if (error instanceof Problem && error.kind === 'invalid-event') errors.push(...error.errors);
      else throw error;
    }
  }
  if (errors.length > 0) throw new Problem('invalid-event', described(errors), { errors: errors.slice(0, mostErrors) });
  return events;
}

function admitEvent(
  value: unknown,
  texts: ContentTexts,
  index: number,
  base: string,
  { caller, organization, nowMs, idOf }: Admission,
): WireEvent {
  if (!eventInput.Check(value)) {
    const errors = validationParts(eventInput.Errors(value) as Parameters<typeof validationParts>[0], base);
    throw new Problem('invalid-event', described(errors), { errors });
  }
  checkContent(texts);
  const input = withOrganization(value, caller, organization, base);
  if (input.action === listAction) {
    throw new InvalidEvent('/action', 'is what erasures name their parts by; only the gateway itself writes it');
  }
  const event = toWire(input, { id: idOf(index), nowUs: nowMs * 1_000 });
  if (event.body.occurred_at > nowMs * 1_000 + limits.futureUs) {
    throw new InvalidEvent('/occurred_at', 'lies more than ten minutes in the future');
  }
  for (const member of contentMembers) {
    const given = texts[member];
    if (given && given.text !== 'null') event.content[member] = given.text;
  }
  encodeChecked(event, '');
  return event;
}

/** Before any work is spent on it. */
function checkContent(texts: ContentTexts): void {
  for (const member of contentMembers) {
    const given = texts[member];
    if (!given) continue;
    if (given.depth > maxDepth) throw new InvalidEvent(`/${member}`, `is nested deeper than ${maxDepth} levels`);
    if (given.text.length > limits.contentBytes) {
      throw new InvalidEvent(`/${member}`, `has ${given.text.length} characters, at most ${limits.contentBytes} bytes`);
    }
  }
}

/** Whose event it is: what it says must be permitted, and where it says nothing the credential must leave no choice. */
function withOrganization(input: EventInput, caller: Caller, chosen: string | undefined, base: string): EventInput {
  const pointer = `${base}/organization_id`;
  const said = input.organization_id || undefined;
  if (said !== undefined && !mayActFor(caller, said)) {
    throw forbidden(`the API key does not speak for organization ${JSON.stringify(said)}`, pointer);
  }
  if (said !== undefined && chosen !== undefined && said !== chosen) {
    throw forbidden(
      `X-Organization-Id chose ${JSON.stringify(chosen)}, the event is of ${JSON.stringify(said)}`,
      pointer,
    );
  }
  if (input.scope === 'system') {
    if (!may(caller, 'admin') || caller.organizations !== '*') {
      const detail = 'the system scope takes events of keys with the permission admin and every organization';
      throw forbidden(detail, `${base}/scope`, { required_permission: 'admin' });
    }
    return input;
  }
  const only = caller.organizations !== '*' && caller.organizations.length === 1 ? caller.organizations[0] : undefined;
  const organization = said ?? chosen ?? only;
  if (organization === undefined) {
    throw new InvalidEvent('/organization_id', 'is required, as the API key speaks for several organizations');
  }
  return { ...input, organization_id: organization };
}

const forbidden = (detail: string, pointer: string, extensions: Record<string, unknown> = {}): Problem =>
  new Problem('forbidden', detail, { errors: [{ pointer, detail }], extensions });
