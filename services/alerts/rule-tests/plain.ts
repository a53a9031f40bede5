import type { Part } from '../rules/document.js';
import { Refused } from '../rules/fault.js';

/** What a part of a text says, as JSON has it. Throws Refused for a key that is there twice or could not be a name. */
export function plainOf(part: Part): unknown {
  if (part.kind === 'scalar') return part.value;
  if (part.kind === 'list') return part.items.map(plainOf);
  const entries = part.entries.map(({ key, offset, value }) => {
    if (key === '__proto__') throw new Refused('invalid', '__proto__ is no name', { offset });
    return [key, plainOf(value)] as const;
  });
  return Object.fromEntries(entries);
}
