import type { DetailsChecker, DetailsFault } from '../../core/catalogue/index.js';
import type { EventRow } from '../../core/rows/index.js';
import { formatUuid, type WireBody, type WireEvent } from '../../core/wire/index.js';
import type { Definitions } from './definitions.js';

/** Whether an event's details are as its action has them. */
export interface DetailsCheck {
  /** The action whose schema it is. */
  schema: string;
  valid: boolean;
  /** The first few places that do not fit. */
  errors: DetailsFault[];
}

/** Details that do not fit are taken all the same; whoever sent them hears of it. */
export interface DetailsWarning extends DetailsFault {
  /** Of the event in the request. */
  index: number;
  id: string;
}

export interface DetailsWatch {
  /** Undefined where there is nothing to check: no schema is known, or the details were erased. */
  ofRow(row: EventRow): DetailsCheck | undefined;
  /** Of events at the door, `details` as the request has them; at most `mostWarnings`. */
  warnings(events: readonly WireEvent[], details: readonly unknown[]): DetailsWarning[];
}

export const mostWarnings = 100;

export function createDetailsWatch({
  definitions,
  checker,
}: {
  definitions: Pick<Definitions, 'find'>;
  checker: DetailsChecker;
}): DetailsWatch {
  /** An event may name another schema than its action's: `details_schema` is the name of the action whose it is. */
  const definitionOf = ({ organization_id, action, details_schema }: Schemed) =>
    definitions.find(organization_id, details_schema || action);

  return {
    ofRow(row) {
      const definition = row.content_digest.length > 0 ? undefined : definitionOf(row);
      if (!definition) return undefined;
      const errors = checker.faults(definition.schema, parsed(row.details));
      return { schema: definition.name, valid: errors.length === 0, errors };
    },
    warnings(events, details) {
      const warnings: DetailsWarning[] = [];
      for (const [index, { body }] of events.entries()) {
        if (warnings.length >= mostWarnings) break;
        const definition = definitionOf(body);
        const faults = definition ? checker.faults(definition.schema, details[index] ?? undefined) : [];
        if (faults.length > 0) warnings.push(...faults.map((fault) => ({ index, id: formatUuid(body.id), ...fault })));
      }
      return warnings.slice(0, mostWarnings);
    },
  };
}

type Schemed = Pick<WireBody, 'organization_id' | 'action' | 'details_schema'>;

/** Text that is no JSON (a client's own batch may carry it) is a text. */
function parsed(details: string): unknown {
  if (details === '') return undefined;
  try {
    return JSON.parse(details);
  } catch {
    return details;
  }
}
