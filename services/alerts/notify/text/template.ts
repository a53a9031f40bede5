import type { Alert } from '../alert.js';
import type { Escape } from './escapes.js';
import { type List, list, listNames, type Variable, variable, variableNames } from './variables.js';

/**
 * Text with values in it: `{{rule.title}}`, `{{group.ip|no address}}` where not every alert has one, and
 * `{{#group}}{{name}} is {{value}}; {{/group}}` for each item of a list. There is nothing else: no conditions, no code. Everything that
 * could be missing is a fault of the template, so that a template that was taken always gives a text.
 */
export interface Template {
  render(alert: Alert, escaped: Escape): string;
}

/** From 1, both; columns count code points. */
export interface TemplateFault {
  line: number;
  column: number;
  detail: string;
}

type Part =
  | { kind: 'text'; text: string }
  | { kind: 'variable'; read: Variable['read']; otherwise: string }
  | { kind: 'item'; name: string }
  | { kind: 'list'; list: List; parts: Part[] };

export const mostTemplateLength = 4_000;
/** A text that is longer is cut by every channel anyway. */
const mostRenderedLength = 200_000;

const tag = /\{\{(.*?)\}\}/gs;

export function parseTemplate(source: string): { template: Template } | { faults: TemplateFault[] } {
  const faults: TemplateFault[] = [];
  const top: Part[] = [];
  let open: { name: string; list: List; at: number; parts: Part[] } | undefined;
  let end = 0;
  const fault = (at: number, detail: string): void => void faults.push({ ...placeOf(source, at), detail });
  const put = (part: Part): void => void (open?.parts ?? top).push(part);

  const putText = (from: number, to: number): void => {
    const text = source.slice(from, to);
    const stray = text.search(/\{\{|\}\}/);
    if (stray >= 0) fault(from + stray, text[stray] === '{' ? '{{ is not closed by }}' : '}} closes nothing');
    if (text !== '') put({ kind: 'text', text });
  };
  const begin = (name: string, at: number): void => {
    const found = list(name);
    if (!found) fault(at, `'${name}' is no list; lists are ${listNames.join(', ')}`);
    else if (open) fault(at, `'${name}' begins within '${open.name}': lists do not nest`);
    else open = { name, list: found, at, parts: [] };
  };
  const finish = (name: string, at: number): void => {
    if (open?.name === name) {
      top.push({ kind: 'list', list: open.list, parts: open.parts });
      open = undefined;
    } else fault(at, `{{/${name}}} ends what did not begin`);
  };
  const putValue = (content: string, at: number): void => {
    const bar = content.indexOf('|');
    const name = (bar < 0 ? content : content.slice(0, bar)).trim();
    const otherwise = bar < 0 ? undefined : content.slice(bar + 1).trim();
    const found = variable(name);
    if (open?.list.names.includes(name)) put({ kind: 'item', name });
    else if (!found) fault(at, unknownName(name, open));
    else if (!found.always && !otherwise) {
      fault(at, `not every alert has '${name}': say what stands in its place, like {{${name}|none}}`);
    } else put({ kind: 'variable', read: found.read, otherwise: otherwise ?? '' });
  };

  if (source.length > mostTemplateLength) {
    return { faults: [{ line: 1, column: 1, detail: `is longer than ${mostTemplateLength} characters` }] };
  }
  for (const match of source.matchAll(tag)) {
    const [all, content = ''] = match;
    putText(end, match.index);
    end = match.index + all.length;
    const inner = content.trim();
    if (inner.startsWith('#')) begin(inner.slice(1).trim(), match.index);
    else if (inner.startsWith('/')) finish(inner.slice(1).trim(), match.index);
    else putValue(inner, match.index);
  }
  putText(end, source.length);
  if (open) fault(open.at, `{{#${open.name}}} is not ended by {{/${open.name}}}`);
  return faults.length > 0 ? { faults } : { template: { render: (alert, escaped) => rendered(top, alert, escaped) } };
}

function unknownName(name: string, open: { name: string; list: List } | undefined): string {
  const here = open ? [...open.list.names, ...variableNames] : variableNames;
  const names = here.join(', ');
  return name === '' ? `names nothing; there are ${names}` : `'${name}' is unknown; there are ${names}`;
}

function placeOf(source: string, at: number): { line: number; column: number } {
  const before = source.slice(0, at).split('\n');
  return { line: before.length, column: Array.from(before.at(-1)!).length + 1 };
}

function rendered(parts: readonly Part[], alert: Alert, escaped: Escape): string {
  let text = '';
  const add = (part: Part, item: Readonly<Record<string, string>>): void => {
    if (text.length > mostRenderedLength) return;
    if (part.kind === 'text') text += part.text;
    else if (part.kind === 'item') text += escaped(item[part.name] ?? '');
    else if (part.kind === 'variable') text += escaped(part.read(alert) || part.otherwise);
    else for (const one of part.list.items(alert)) for (const inner of part.parts) add(inner, one);
  };
  for (const part of parts) add(part, {});
  return text;
}
