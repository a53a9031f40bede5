import type { ScalarPart } from './document.js';
import { Refused } from './fault.js';
import type { FieldKey } from './modifiers.js';
import { kindOf } from './parts.js';

/** What begins an option on a Windows command line, by Sigma 2.1: hyphen, slash, en dash, em dash, horizontal bar. */
const dashes = ['-', '/', '\u2013', '\u2014', '\u2015'];
const dash = /[-/\u2013-\u2015]/;

/** Of one value: five to the power of its dashes. */
const mostSpellings = 625;

/** The value with each of its dashes in every spelling, itself first; the value alone without `windash`. */
export function spellingsOf(part: ScalarPart, { field, windash }: Pick<FieldKey, 'field' | 'windash'>): ScalarPart[] {
  if (!windash) return [part];
  const name = `${field}|windash`;
  if (typeof part.value !== 'string') throw new Refused('invalid', `${name} takes texts, not ${kindOf(part)}`, part);
  const [first = '', ...rest] = part.value.split(dash);
  const count = dashes.length ** rest.length;
  if (count > mostSpellings) {
    const said = `${name}: ${JSON.stringify(part.value)} has ${rest.length} dashes and slashes`;
    throw new Refused('limit', `${said}, at most 4: list the spellings that matter`, part);
  }
  const own = part.value.match(new RegExp(dash, 'g')) ?? [];
  const texts = rest.reduce<string[]>(
    (begun, next, at) => {
      const spelled = [own[at]!, ...dashes.filter((other) => other !== own[at])];
      return begun.flatMap((text) => spelled.map((sign) => text + sign + next));
    },
    [first],
  );
  return texts.map((text) => ({ ...part, value: text, text }));
}
