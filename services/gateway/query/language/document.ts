import type { WireEvent } from '../../../core/wire/event.js';

/** What free text looks through. The index by_text of the table is of the same columns in the same order. */
const searched: readonly (readonly [column: string, of: (event: WireEvent) => string])[] = [
  ['actor_id', ({ body }) => body.actor_id],
  ['actor_name', ({ identity }) => identity.actor_name],
  ['actor_email', ({ identity }) => identity.actor_email],
  ['target_id', ({ body }) => body.target_id],
  ['target_name', ({ identity }) => identity.target_name],
  ['action', ({ body }) => body.action],
  ['toString(outcome)', ({ body }) => body.outcome],
  ['reason', ({ body }) => body.reason],
  ['message', ({ content }) => content.message],
  ['details', ({ content }) => content.details],
];

export const searchedColumns: ReadonlySet<string> = new Set(searched.map(([column]) => column));

/** One below the other, so that nothing is found across two of them. */
export const documentColumn = `concatWithSeparator('\\n', ${searched.map(([column]) => column).join(', ')})`;

export const documentOf = (event: WireEvent): string => searched.map(([, of]) => of(event)).join('\n');

/** In lower case, as the index by_text has it. */
export const documentSql = `lowerUTF8(${documentColumn})`;
