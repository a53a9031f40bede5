import type { WireEvent } from '../../../core/wire/event.js';
import type { Condition } from './condition.js';
import type { Value } from './syntax.js';
import { searching, type TextColumn } from './text.js';

/** What free text looks through, one below the other, so that nothing is found across two of them. */
const searched: readonly TextColumn[] = [
  { column: 'actor_id', of: ({ body }) => body.actor_id },
  { column: 'actor_name', of: ({ identity }) => identity.actor_name },
  { column: 'actor_email', of: ({ identity }) => identity.actor_email },
  { column: 'target_id', of: ({ body }) => body.target_id },
  { column: 'target_name', of: ({ identity }) => identity.target_name },
  { column: 'action', of: ({ body }) => body.action },
  { column: 'toString(outcome)', of: ({ body }) => body.outcome },
  { column: 'reason', of: ({ body }) => body.reason },
  { column: 'message', of: ({ content }) => content.message },
  { column: 'details', of: ({ content }) => content.details },
];

const document: TextColumn = {
  column: `concatWithSeparator('\\n', ${searched.map(({ column }) => column).join(', ')})`,
  of: (event: WireEvent) => searched.map(({ of }) => of(event)).join('\n'),
};

/** A word or a phrase, anywhere and in any case. */
export const freeText = (value: Value): Condition => searching(document, value);
