import { Type } from 'typebox';

/** No control characters, as an id goes into headers, logs and files, and no lone surrogates, which have no UTF-8. */
const printable = '^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]+$';

export const OrganizationId = Type.String({
  minLength: 1,
  maxLength: 256,
  pattern: printable,
  description: 'opaque; "*" is none',
});

/** "*" for every organization, or their ids. */
export const Organizations = Type.Union([
  Type.Literal('*'),
  Type.Array(OrganizationId, { minItems: 1, maxItems: 1_000, uniqueItems: true }),
]);

export const Label = Type.String({ minLength: 1, maxLength: 256, pattern: printable });

/** A list that holds '*' says every organization, however many others stand beside it. */
export const organizationsOf = (given: '*' | string[]): '*' | string[] =>
  given === '*' || given.includes('*') ? '*' : given;
