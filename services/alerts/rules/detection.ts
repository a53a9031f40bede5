import { parseCondition } from './condition.js';
import type { MapPart } from './document.js';
import type { Expression } from './expression.js';
import { Refused } from './fault.js';
import { isText, itemsOf, kindOf, needed } from './parts.js';
import type { Detection } from './rule.js';
import { type Reading, readSelection } from './selection.js';

/** The detection of a rule, with its log source as a part of the condition. */
export function readDetection(map: MapPart, reading: Reading): Detection {
  const timeframe = map.entries.find(({ key }) => key === 'timeframe');
  if (timeframe)
    throw new Refused('unsupported', 'timeframe is no part of Sigma 2: write a correlation instead', timeframe);
  const conditions = needed(map, 'condition', 'detection: ');
  const selections = new Map(
    map.entries
      .filter(({ key }) => key !== 'condition')
      .map(({ key, value }) => [key, readSelection(key, value, reading)] as const),
  );
  if (selections.size === 0) throw new Refused('missing', 'detection: there is no selection', map);
  const used = new Set<string>();
  const found = itemsOf(conditions).map((item) => {
    if (!isText(item)) throw new Refused('invalid', `condition has to be text, not ${kindOf(item)}`, item);
    return parseCondition(item, { selections, used, limits: reading.limits });
  });
  if (found.length === 0) throw new Refused('missing', 'detection: condition is an empty list', conditions);
  for (const { key, offset } of map.entries) {
    if (key !== 'condition' && !used.has(key)) reading.warn('invalid', `the condition does not use ${key}`, { offset });
  }
  const condition: Expression = found.length === 1 ? found[0]! : { kind: 'or', of: found };
  const { events } = reading.source;
  const expression: Expression = events ? { kind: 'and', of: [events, condition] } : condition;
  const terms = termsOf(expression);
  if (terms > reading.limits.terms) {
    throw new Refused('limit', `the detection compares ${terms} values, at most ${reading.limits.terms}`, map);
  }
  return { expression };
}

/** How many values an expression compares. */
function termsOf(expression: Expression): number {
  if (expression.kind === 'not') return termsOf(expression.of);
  if (expression.kind === 'and' || expression.kind === 'or') {
    return expression.of.reduce((sum, part) => sum + termsOf(part), 0);
  }
  return expression.kind === 'field' ? expression.tests.length : 1;
}
