import type { Rule } from '../rules/rule.js';
import type { Places } from './places.js';

/** Whether a rule asks where an address is: without places it never finds anything. */
export const needsPlaces = ({ extensions }: Rule): boolean =>
  extensions.impossibleTravel !== undefined || extensions.newValue?.of === 'country';

/** What to say once of rules that cannot find anything, or not as much as they look for; undefined where all is well. */
export function placesWarning(rules: readonly Rule[], { precision, about }: Places): string | undefined {
  const needing = rules.filter(needsPlaces);
  if (needing.length === 0 || precision !== 'nothing') return undefined;
  const titles = needing.map(({ text }) => JSON.stringify(text.title));
  const named = titles.slice(0, 5).join(', ') + (titles.length > 5 ? ` and ${titles.length - 5} more` : '');
  return `${about}. Rules that need them find nothing: ${named}`;
}
