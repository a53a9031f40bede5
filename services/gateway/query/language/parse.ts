import { createScanner, type Scanner } from './scan.js';
import { comparisons, type Expression, type FieldPath, QueryFault, type Term } from './syntax.js';

const limits = { characters: 4_096, terms: 100, depth: 32 };

/**
 * Reads a query text. Words beside each other must all fit; `OR`, `NOT`, `-` and parentheses as usual, `AND` where one likes to write
 * it. Throws QueryFault.
 *
 *     or      = and *( "OR" and )
 *     and     = unary *( ["AND"] unary )
 *     unary   = ( "-" / "NOT" ) unary / "(" or ")" / term
 *     term    = [ field ":" ] value / field ":" ( comparison value / "[" value "TO" value "]" / "(" value *( ["OR"] value ) ")" )
 *     value   = word / quoted
 */
export function parseQuery(text: string): Expression {
  if (text.length > limits.characters) {
    throw new QueryFault(`longer than ${limits.characters} characters`, { start: limits.characters, end: text.length });
  }
  const scanner = createScanner(text);
  const parser = createParser(scanner);
  const expression = parser.or(0);
  if (!scanner.atEnd()) {
    throw new QueryFault('a closing parenthesis that nothing opened', { start: scanner.at, end: scanner.at + 1 });
  }
  return expression;
}

function createParser(scanner: Scanner) {
  let terms = 0;

  const here = (length = 1) => ({ start: scanner.at, end: scanner.at + length });

  const term = (made: Omit<Term, 'kind'>): Term => {
    terms += 1;
    if (terms > limits.terms) throw new QueryFault(`more than ${limits.terms} terms`, made.value);
    return { kind: 'term', ...made };
  };

  const join = (kind: 'and' | 'or', of: Expression[]): Expression => (of.length === 1 ? of[0]! : { kind, of });

  const or = (depth: number): Expression => {
    const of = [and(depth)];
    for (scanner.skipSpace(); scanner.seesWord('OR'); scanner.skipSpace()) {
      scanner.take('OR');
      of.push(and(depth));
    }
    return join('or', of);
  };

  const and = (depth: number): Expression => {
    const of = [unary(depth)];
    for (scanner.skipSpace(); !scanner.atEnd() && !scanner.sees(')') && !scanner.seesWord('OR'); scanner.skipSpace()) {
      if (scanner.seesWord('AND')) scanner.take('AND');
      of.push(unary(depth));
    }
    return join('and', of);
  };

  const unary = (depth: number): Expression => {
    scanner.skipSpace();
    if (depth > limits.depth) throw new QueryFault(`nested more than ${limits.depth} deep`, here());
    for (const word of ['AND', 'OR']) {
      if (scanner.seesWord(word)) throw new QueryFault(`${word} needs something on both sides`, here(word.length));
    }
    if (scanner.seesWord('NOT')) {
      scanner.take('NOT');
      return { kind: 'not', of: unary(depth + 1) };
    }
    if (scanner.take('-')) return { kind: 'not', of: unary(depth + 1) };
    const open = scanner.at;
    if (!scanner.take('(')) return fielded();
    const inner = or(depth + 1);
    if (!scanner.take(')')) throw new QueryFault('the parenthesis is never closed', { start: open, end: open + 1 });
    return inner;
  };

  const fielded = (): Expression => {
    const field = scanner.takeField();
    if (!field) {
      if (scanner.atEnd()) throw new QueryFault('a term is missing at the end', here(0));
      return term({ field, comparison: undefined, value: scanner.takeValue() });
    }
    if (scanner.take('(')) return anyOf(field);
    if (scanner.take('[')) return range(field);
    const comparison = comparisons.find((sign) => scanner.take(sign));
    if (scanner.atEnd())
      throw new QueryFault('a value is missing behind the colon', { start: field.start, end: field.end + 1 });
    return term({ field, comparison, value: scanner.takeValue() });
  };

  const anyOf = (field: FieldPath): Expression => {
    const of: Expression[] = [];
    for (scanner.skipSpace(); !scanner.take(')'); scanner.skipSpace()) {
      if (scanner.atEnd())
        throw new QueryFault('the list of values is never closed', { start: field.start, end: scanner.at });
      if (of.length > 0 && scanner.seesWord('OR')) {
        scanner.take('OR');
        scanner.skipSpace();
      }
      of.push(term({ field, comparison: undefined, value: scanner.takeValue() }));
    }
    if (of.length === 0) throw new QueryFault('the list of values is empty', { start: field.start, end: scanner.at });
    return join('or', of);
  };

  const range = (field: FieldPath): Expression => {
    const bound = (comparison: '>=' | '<=', stop?: string): Expression => {
      scanner.skipSpace();
      return term({ field, comparison, value: scanner.takeValue(stop) });
    };
    const from = bound('>=');
    scanner.skipSpace();
    if (!scanner.take('TO'))
      throw new QueryFault('a range is written [from TO to]', { start: field.start, end: scanner.at });
    const to = bound('<=', ']');
    scanner.skipSpace();
    if (!scanner.take(']')) throw new QueryFault('the range is never closed', { start: field.start, end: scanner.at });
    return { kind: 'and', of: [from, to] };
  };

  return { or };
}
