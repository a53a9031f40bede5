import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { EventInput, InvalidEvent, toWire } from '../../core/event/index.js';
import type { Entry, MapPart, Part } from '../rules/document.js';
import { Refused } from '../rules/fault.js';
import { find, given, itemsOf, mapOf, numberOf } from '../rules/parts.js';
import { plainOf } from './plain.js';
import type { TestEvent } from './rule-test.js';
import { momentOf, stretchOf } from './time.js';

const mostEvents = 10_000;
const organization = 'acme';
/** What an event of a test says beside the fields of an event. */
const own: readonly string[] = ['at', 'repeat', 'every', 'appended'];
const secondUs = 1_000_000;

interface SchemaFault {
  keyword: string;
  instancePath: string;
  message: string;
  params?: { requiredProperties?: string[] };
}
interface Checked {
  Check(value: unknown): boolean;
  Errors(value: unknown): SchemaFault[];
}
const input = Compile(EventInput as TSchema) as unknown as Checked;

/** The events of a test: fields as POST /api/audit/events takes them, and `at`, `repeat`, `every`, `appended`. */
export function readEvents(part: Part, startUs: number): TestEvent[] {
  const events: TestEvent[] = [];
  let lastUs = startUs - secondUs;
  for (const item of itemsOf(part)) {
    const map = mapOf(item, 'an event');
    const at = given(map, 'at');
    const firstUs = at ? momentOf(at, 'at', startUs) : lastUs + secondUs;
    const { times, everyUs } = repetition(map);
    const appended = given(map, 'appended');
    const behindUs = appended ? stretchOf(appended, 'appended') : 0;
    const fields = plainOf({ ...map, entries: map.entries.filter(({ key }) => !own.includes(key)) });
    for (let nth = 0; nth < times; nth += 1) {
      lastUs = firstUs + nth * everyUs;
      if (events.length >= mostEvents) throw new Refused('limit', `more than ${mostEvents} events in a test`, item);
      const said = times === 1 ? fields : numbered(fields, nth + 1);
      const event = wireEvent(said, { map, number: events.length, timeUs: lastUs });
      events.push({ event, appendTimeUs: lastUs + behindUs });
    }
  }
  return events;
}

function repetition(map: MapPart): { times: number; everyUs: number } {
  const repeat = given(map, 'repeat');
  const every = given(map, 'every');
  if (every && !repeat) throw new Refused('invalid', 'every is of an event that has a repeat', find(map, 'every')!);
  const times = repeat ? numberOf(repeat, 'repeat', { min: 1, max: mostEvents }) : 1;
  if (!Number.isInteger(times)) throw new Refused('invalid', 'repeat has to be a whole number', repeat!);
  return { times, everyUs: every ? stretchOf(every, 'every') : secondUs };
}

/** `{n}` in a text is the number of the repetition, from 1. */
function numbered(value: unknown, number: number): unknown {
  if (typeof value === 'string') return value.replaceAll('{n}', String(number));
  if (Array.isArray(value)) return value.map((item) => numbered(item, number));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, numbered(item, number)]));
}

function wireEvent(
  fields: unknown,
  { map, number, timeUs }: { map: MapPart; number: number; timeUs: number },
): TestEvent['event'] {
  const said = fields as Partial<EventInput>;
  const event = said.scope === 'system' ? said : { organization_id: organization, ...said };
  if (!input.Check(event)) throw refusal(input.Errors(event)[0]!, map);
  try {
    return { ...toWire(event as EventInput, { id: numberedId(number), nowUs: timeUs }) };
  } catch (error) {
    if (!(error instanceof InvalidEvent)) throw error;
    throw new Refused('invalid', `${error.pointer} ${error.detail}`, entryAt(map, error.pointer) ?? map);
  }
}

function refusal({ keyword, instancePath, message, params }: SchemaFault, map: MapPart): Refused {
  const absent = keyword === 'required' ? params?.requiredProperties?.[0] : undefined;
  const why = keyword === 'boolean' ? 'is no field of an event' : absent ? `${absent} is missing` : message;
  return new Refused(
    'invalid',
    `an event: ${instancePath} ${why}`.replace('  ', ' '),
    entryAt(map, instancePath) ?? map,
  );
}

/** The entry that a JSON Pointer leads to, or the nearest one above it. */
function entryAt(map: MapPart, pointer: string): Entry | undefined {
  let found: Entry | undefined;
  let below: Part = map;
  for (const key of pointer.split('/').slice(1)) {
    const entry: Entry | undefined = below.kind === 'map' ? find(below, key) : undefined;
    if (!entry) return found;
    found = entry;
    below = entry.value;
  }
  return found;
}

/** A UUIDv7 that sorts by its number. */
function numberedId(number: number): Buffer {
  const id = Buffer.from('00000000000070008000000000000000', 'hex');
  id.writeUIntBE(number, 10, 6);
  return id;
}
