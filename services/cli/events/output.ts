import type { AuditEvent } from '../../client/event.js';
import { eventFieldNames } from '../../core/event/field-names.js';
import type { Printer } from '../output/printer.js';
import { type Column, type Layout, layOut } from '../output/table.js';
import { printableJson } from '../output/text.js';
import { defaultColumns, eventColumns, inWords, wide, wideColumns } from './columns.js';
import { cellText, fieldName, pick, splitNames, valueAt } from './fields.js';

export type EventFormat = 'table' | 'json' | 'ndjson' | 'csv';

/** Prints events as they come, a page at a time: however many there are, few are in memory. */
export interface EventOutput {
  page(events: readonly AuditEvent[]): Promise<void>;
  /** What stands behind the events, where the format has a place for it. Resolves with how many were printed. */
  end(nextCursor: string | null): Promise<number>;
}

export function createEventOutput({
  format,
  fields,
  printer,
  live = false,
}: {
  format: EventFormat;
  /** A comma list; by format where absent. Throws for a name that no event has. */
  fields: string | undefined;
  printer: Printer;
  /** More will come that nobody knows yet: columns take what room there is. */
  live?: boolean;
}): EventOutput {
  const names = fields === undefined ? undefined : splitNames(fields);
  const print = printers[format]({ names, printer, live });
  let printed = 0;
  return {
    async page(events) {
      if (events.length === 0) return;
      await print.events(events, printed);
      printed += events.length;
    },
    async end(nextCursor) {
      await print.end?.(printed, nextCursor);
      return printed;
    },
  };
}

interface Print {
  events(events: readonly AuditEvent[], before: number): Promise<void>;
  end?(printed: number, nextCursor: string | null): Promise<void>;
}

type Setting = { names: readonly string[] | undefined; printer: Printer; live: boolean };

const printers: Readonly<Record<EventFormat, (setting: Setting) => Print>> = {
  table({ names, printer, live }) {
    const columns: Column<AuditEvent>[] = eventColumns(names ?? (printer.width >= wide ? wideColumns : defaultColumns));
    let layout: Layout<AuditEvent> | undefined;
    return {
      async events(events) {
        const head = layout === undefined;
        layout ??= layOut(columns, events, { width: printer.width, spread: live, paint: printer.paint });
        await printer.text(`${head ? layout.head : ''}${layout.lines(events)}`);
      },
    };
  },

  csv({ names, printer }) {
    const columns = (names ?? eventFieldNames).map((given) => ({ given, of: cellOf(given) }));
    const head = (): Promise<void> => printer.csv(columns.map(({ given }) => given));
    return {
      async events(events, before) {
        if (before === 0) await head();
        for (const event of events) await printer.csv(columns.map(({ of }) => of(event)));
      },
      async end(printed) {
        if (printed === 0) await head();
      },
    };
  },

  ndjson({ names, printer }) {
    const chosen = chooser(names);
    return {
      async events(events) {
        for (const event of events) await printer.ndjson(chosen(event));
      },
    };
  },

  json({ names, printer }) {
    const chosen = chooser(names);
    return {
      async events(events, before) {
        let nth = before;
        for (const event of events) {
          const text = JSON.stringify(chosen(event), null, 2).replaceAll('\n', '\n    ');
          await printer.text(printableJson(`${nth === 0 ? '{\n  "events": [' : ','}\n    ${text}`));
          nth += 1;
        }
      },
      end: (printed, nextCursor) =>
        printer.text(
          `${printed === 0 ? '{\n  "events": []' : '\n  ]'},\n  "next_cursor": ${JSON.stringify(nextCursor)}\n}\n`,
        ),
    };
  },
};

/** The value as it is, to the last digit; of actor and target, which are several, what a table shows. */
function cellOf(given: string): (event: AuditEvent) => string {
  const name = fieldName(given);
  return inWords[name] ?? ((event) => cellText(valueAt(event, name)));
}

const chooser = (given: readonly string[] | undefined): ((event: AuditEvent) => object) => {
  if (!given) return (event) => event;
  const names = given.map(fieldName);
  return (event) => pick(event, names);
};
