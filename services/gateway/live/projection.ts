import { type ExportField, exportFields, picker } from '../export/fields.js';
import { answerOf, type EventAnswer } from '../query/answer.js';
import type { LiveEvent } from './live-event.js';

/** How an event is written: whole, or only some fields of it. Equal keys write the same. */
export interface Projection {
  readonly key: string;
  live(event: LiveEvent): string;
  stored(answer: EventAnswer): string;
}

export function createProjection(fields: readonly ExportField[]): Projection {
  if (fields === exportFields) {
    return { key: '', live: (event) => event.json, stored: (answer) => JSON.stringify(answer) };
  }
  const pick = picker(fields);
  const stored = (answer: EventAnswer): string => JSON.stringify(pick(answer));
  return {
    key: fields.map(({ name }) => name).join(','),
    live: ({ event, appendTimeMs }) => stored(answerOf(event, appendTimeMs)),
    stored,
  };
}

/** Writes each event once for each projection, as long as this is held. */
export function createTexts(): (projection: Projection, event: LiveEvent) => string {
  const texts = new Map<string, Map<LiveEvent, string>>();
  return (projection, event) => {
    const own = texts.get(projection.key) ?? new Map<LiveEvent, string>();
    texts.set(projection.key, own);
    const text = own.get(event) ?? projection.live(event);
    own.set(event, text);
    return text;
  };
}
