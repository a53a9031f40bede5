import type { EventView } from '../core/event/index.js';

/** An event as every answer gives it, from history and live alike. Absent fields are left out. */
export interface AuditEvent extends EventView {
  /** When Kafka took the record that carries it. */
  recorded_at: string;
}

/** An event of which only some fields were asked for. */
export type PartialAuditEvent = {
  [Field in keyof AuditEvent]?: AuditEvent[Field] extends object | undefined
    ? Partial<AuditEvent[Field]>
    : AuditEvent[Field];
};
