import type { Condition } from './condition.js';
import { documentColumn, documentOf } from './document.js';
import type { Value } from './syntax.js';
import { searching } from './text.js';

/** A word or a phrase, anywhere and in any case. */
export const freeText = (value: Value): Condition => searching({ column: documentColumn, of: documentOf }, value);
