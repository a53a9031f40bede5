import { fieldHints } from './completion-fields.js';

/** What stands at the caret, and may be completed. `start` to `end` is what a suggestion takes the place of. */
export interface AtCaret {
  /** The field whose value is typed; absent where a field may come. */
  field?: string;
  /** What is typed of it before the caret, as it is meant: without quotes and backslashes. */
  typed: string;
  start: number;
  end: number;
  /** Within parentheses after a field, where several values stand. */
  inGroup: boolean;
}

export interface Suggestion {
  /** What is put into the query. */
  text: string;
  /** What is shown. */
  label: string;
  note?: string;
}

const fieldName = /^[A-Za-z_][\w.@$-]*$/;
const endsWord = /[\s()]/;
const safeWord = /^[A-Za-z0-9_][\w.@/+-]*$/;

/** Undefined where nothing is to be suggested: within a phrase, behind a closed quote, in a comparison. */
export function atCaret(text: string, caret: number): AtCaret | undefined {
  const groups: (string | undefined)[] = [];
  let start = 0;
  let field: string | undefined;
  let quote: 'none' | 'open' | 'closed' = 'none';
  const begin = (at: number): void => {
    start = at;
    field = undefined;
    quote = 'none';
  };
  for (let at = 0; at < caret; at += 1) {
    const char = text[at]!;
    if (char === '\\') at += 1;
    else if (char === '"') quote = quote === 'open' ? 'closed' : 'open';
    else if (quote === 'open') continue;
    else if (char === '(') {
      groups.push(field ?? groups.at(-1));
      begin(at + 1);
    } else if (char === ')') {
      groups.pop();
      begin(at + 1);
    } else if (/\s/.test(char)) begin(at + 1);
    else if (char === '-' && at === start && field === undefined) start = at + 1;
    else if (char === ':' && field === undefined && groups.at(-1) === undefined) {
      const name = text.slice(start, at);
      if (!fieldName.test(name)) continue;
      begin(at + 1);
      field = name;
    }
  }
  const of = field ?? groups.at(-1);
  const said = text.slice(start, caret);
  if (quote === 'closed' || (quote === 'open' && (of === undefined || !said.startsWith('"')))) return undefined;
  const isComparison = of !== undefined && of !== 'time' && /^[<>[=]/.test(said);
  if (isComparison || (quote === 'none' && /[*?]/.test(said))) return undefined;
  return {
    ...(of === undefined ? {} : { field: of }),
    typed: said.replace(/^"/, '').replace(/\\(.)/g, '$1'),
    start,
    end: endOf(text, caret, quote === 'open'),
    inGroup: field === undefined && of !== undefined,
  };
}

/** Where the word or the quoted value ends that the caret is in. */
function endOf(text: string, caret: number, quoted: boolean): number {
  let at = caret;
  if (quoted) {
    while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    // A quote that was never closed is of what is being typed, as far as the caret.
    return at < text.length ? at + 1 : caret;
  }
  while (at < text.length && !endsWord.test(text[at]!) && text[at] !== ':') at += 1;
  return text[at] === ':' ? at + 1 : at;
}

/** Fields whose names begin with what is typed, then those that hold it. */
export function fieldSuggestions(typed: string): Suggestion[] {
  const wanted = typed.toLowerCase();
  const names = fieldHints.filter(({ name, also }) =>
    [name, ...(also ?? [])].some((one) => one.toLowerCase().includes(wanted)),
  );
  const begins = (name: string): number => (name.toLowerCase().startsWith(wanted) ? 0 : 1);
  return names
    .sort((a, b) => begins(a.name) - begins(b.name))
    .map(({ name, says, sign = ':' }) => ({ text: `${name}${sign}`, label: `${name}${sign}`, note: says }));
}

/** A value as the query language takes it. An action without quotes would mean every one that holds it. */
export const valueWords = (field: string, value: string): string =>
  (safeWord.test(value) && field !== 'action' && field !== 'event') || /^[<>]/.test(value)
    ? value
    : `"${value.replace(/[\\"]/g, '\\$&')}"`;

/** The query with the suggestion in it, and where the caret is then. */
export function complete(text: string, at: AtCaret, { text: chosen }: Suggestion): { text: string; caret: number } {
  const after = text.slice(at.end);
  const space = at.field !== undefined && !at.inGroup && after === '' ? ' ' : '';
  const before = `${text.slice(0, at.start)}${chosen}${space}`;
  return { text: `${before}${after}`, caret: before.length };
}
