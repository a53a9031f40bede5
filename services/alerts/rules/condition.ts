import type { ScalarPart } from './document.js';
import type { Expression } from './expression.js';
import { Refused } from './fault.js';
import type { RuleLimits } from './limits.js';
import { anyRun, isLike, joined } from './pattern.js';

interface Token {
  text: string;
  at: number;
}

/** A named selection, as it was read. */
export type Selections = ReadonlyMap<string, Expression>;

/**
 * `selection and not 1 of filter_*`. `not` binds closest, then `and`, then `or`. Names that a condition uses are added to `used`.
 */
export function parseCondition(
  part: ScalarPart & { value: string },
  { selections, used, limits }: { selections: Selections; used: Set<string>; limits: RuleLimits },
): Expression {
  const refuse = (
    code: 'syntax' | 'unsupported' | 'unknown_selection' | 'limit',
    why: string,
    token?: Token,
  ): never => {
    const at = part.textOffset === undefined ? part.offset : part.textOffset + (token?.at ?? part.text.length);
    throw new Refused(code, `condition: ${why}`, { offset: at });
  };
  if (part.text.length > limits.valueLength) {
    refuse('limit', `${part.text.length} characters, at most ${limits.valueLength}`);
  }
  const tokens = [...part.text.matchAll(/[()|]|[^\s()|]+/g)].map(({ 0: text, index }): Token => ({ text, at: index }));
  const pipe = tokens.find(({ text }) => text === '|');
  if (pipe) refuse('unsupported', 'what stands behind | is no part of Sigma 2: write a correlation instead', pipe);
  let next = 0;

  const sees = (word: string, ahead = 0): boolean => tokens[next + ahead]?.text.toLowerCase() === word;
  const take = (word: string): boolean => {
    if (!sees(word)) return false;
    next += 1;
    return true;
  };
  const chain = (kind: 'and' | 'or', read: (depth: number) => Expression, depth: number): Expression => {
    const of = [read(depth)];
    while (take(kind)) of.push(read(depth));
    return of.length === 1 ? of[0]! : { kind, of };
  };
  const either = (depth: number): Expression => chain('or', both, depth);
  const both = (depth: number): Expression => chain('and', not, depth);
  const not = (depth: number): Expression => {
    if (depth > limits.depth)
      refuse('limit', `more than ${limits.depth} parentheses and nots within each other`, tokens[next]);
    return take('not') ? { kind: 'not', of: not(depth + 1) } : primary(depth);
  };
  const primary = (depth: number): Expression => {
    const token = tokens[next];
    if (!token) return refuse('syntax', 'ends where a selection is expected');
    if (take('(')) {
      const inner = either(depth + 1);
      if (!take(')')) refuse('syntax', 'a parenthesis is never closed', token);
      return inner;
    }
    if ((token.text === '1' || sees('all')) && sees('of', 1)) return several(token);
    next += 1;
    if (!selections.has(token.text)) {
      const reserved = [')', 'and', 'or', 'of', 'them'].includes(token.text.toLowerCase());
      if (reserved) refuse('syntax', `${JSON.stringify(token.text)} where a selection is expected`, token);
      if (sees('of'))
        refuse('unsupported', `${JSON.stringify(`${token.text} of`)}: only 1 of and all of are known`, token);
      refuse('unknown_selection', `there is no selection ${JSON.stringify(token.text)}`, token);
    }
    used.add(token.text);
    return selections.get(token.text)!;
  };
  const several = (count: Token): Expression => {
    next += 2;
    const pattern = tokens[next];
    if (!pattern) return refuse('syntax', `ends behind "${count.text} of"`);
    next += 1;
    const names = namesLike(pattern.text, [...selections.keys()]);
    if (names.length === 0)
      refuse('unknown_selection', `no selection is called ${JSON.stringify(pattern.text)}`, pattern);
    for (const name of names) used.add(name);
    const of = names.map((name) => selections.get(name)!);
    return of.length === 1 ? of[0]! : { kind: count.text === '1' ? 'or' : 'and', of };
  };

  if (tokens.length === 0) refuse('syntax', 'is empty');
  const result = either(0);
  const rest = tokens[next];
  if (rest) refuse('syntax', `${JSON.stringify(rest.text)} is not expected here`, rest);
  return result;
}

/** Names that begin with an underscore are only meant by a pattern that does so too. */
function namesLike(pattern: string, names: readonly string[]): string[] {
  const shown = names.filter((name) => !name.startsWith('_') || pattern.startsWith('_'));
  if (pattern.toLowerCase() === 'them') return shown;
  const like = joined(pattern.split('*').flatMap((part, at) => (at === 0 ? [part] : [anyRun, part])));
  return shown.filter((name) => isLike(like, name));
}
