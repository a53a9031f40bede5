import { Type } from 'typebox';
import { Event, filterParameters, orderParameters } from '../query/schemas.js';
import { exportFields } from './fields.js';
import { exportFormats } from './formats.js';
import { defaultExportLimits } from './limits.js';

const oneOf = (symbols: readonly string[], description: string) =>
  Type.Unsafe<string>({ type: 'string', enum: [...symbols], description });

export const exportParameters = {
  format: Type.Optional(oneOf(exportFormats, 'json when absent')),
  fields: Type.Optional(
    Type.Array(oneOf([...exportFields.map(({ name }) => name), 'actor', 'target'], ''), {
      minItems: 1,
      uniqueItems: true,
      description: 'which fields, in this order; all of them when absent',
    }),
  ),
  ...orderParameters,
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: defaultExportLimits.events, description: 'the first so many events only' }),
  ),
  bom: Type.Optional(oneOf(['true', 'false'], 'with format=csv: begin with a byte order mark')),
};
export const ExportQuery = Type.Object({ ...filterParameters, ...exportParameters });

const whole = {
  'x-export-events': Type.String({ description: 'how many events come' }),
  'content-disposition': Type.String({ description: 'a file’s name' }),
};

const { actor, target, ...others } = Event.properties;
/** Of which a request may want some fields only. */
const ExportedEvent = Type.Object({
  ...Type.Partial(Type.Object(others)).properties,
  actor: Type.Optional(Type.Partial(actor)),
  target,
});

/** The file, in the format that was asked for. */
export const ExportFile = {
  description: 'The events. At the very end comes the trailer X-Export-Complete',
  headers: whole,
  content: {
    'application/json': {
      schema: Type.Object(
        { events: Type.Array(ExportedEvent), count: Type.Integer(), complete: Type.Literal(true) },
        { title: 'ExportedEvents' },
      ),
    },
    'application/x-ndjson': { schema: Type.String({ description: 'one event a line' }) },
    'text/csv': { schema: Type.String({ description: 'RFC 4180, with a head' }) },
  },
};
