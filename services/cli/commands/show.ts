import type { Command } from 'commander';
import { type EventAnswer, eventFields } from '../event-view.js';
import { renderFields } from '../output/fields.js';
import { type CommonOptions, type Tools, withCommonOptions } from './command.js';

export function addShow(parent: Command, tools: Tools, path = '/api/audit'): void {
  withCommonOptions(parent.command('show').description('one event in full').argument('<id>', "the event's id")).action(
    async (id: string, options: CommonOptions) => {
      const { printer, connect } = tools;
      const event = await connect(options).get<EventAnswer>(`${path}/${encodeURIComponent(id)}`);
      if (options.output === 'json') return printer.json(event);
      if (options.output === 'ndjson') return printer.ndjson(event);
      await printer.text(renderFields(eventFields(event), printer.width));
    },
  );
}
