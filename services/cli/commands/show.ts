import type { Command } from 'commander';
import type { AuditEvent } from '../../client/event.js';
import { eventFields } from '../events/columns.js';
import { createEventOutput } from '../events/output.js';
import { renderFields } from '../output/fields.js';
import { type ReadingOptions, type Tools, withReadingOptions } from './command.js';

export function addShow(parent: Command, tools: Tools, path = '/api/audit'): void {
  withReadingOptions(parent.command('show').description('one event in full').argument('<id>', "the event's id")).action(
    async (id: string, options: ReadingOptions) => {
      const { printer, connect } = tools;
      const event = await connect(options).get<AuditEvent>(`${path}/${encodeURIComponent(id)}`);
      const { output: format } = options;
      if (format === 'json') return printer.json(event);
      if (format === 'table') return printer.text(renderFields(eventFields(event), printer.width));
      const output = createEventOutput({ format, fields: undefined, printer });
      await output.page([event]);
    },
  );
}
