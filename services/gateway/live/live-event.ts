import type { Judged, TopicRecord } from '../../core/judge/index.js';
import { acceptedEvents } from '../../core/reading/index.js';
import type { WireEvent } from '../../core/wire/index.js';
import { answerOf } from '../query/answer.js';

/** An accepted event on its way to subscribers. What nobody asks for is never decoded. */
export interface LiveEvent {
  readonly offset: number;
  readonly idx: number;
  readonly event: WireEvent;
  /** When Kafka took its record. */
  readonly appendTimeMs: number;
  /** Of the record, about. */
  readonly bytes: number;
  /** The answer as JSON text, made once for all subscribers. */
  readonly json: string;
}

/** The events that a judged record brings in, in their order. They hold on to the record's value. */
export function liveEvents({ offset, appendTimeMs }: TopicRecord, judged: Judged): LiveEvent[] {
  return acceptedEvents(judged).map((accepted) => {
    let json: string | undefined;
    return {
      offset,
      idx: accepted.idx,
      appendTimeMs,
      bytes: accepted.bytes,
      get event() {
        return accepted.event;
      },
      get json() {
        json ??= JSON.stringify(answerOf(accepted.event, appendTimeMs));
        return json;
      },
    };
  });
}
