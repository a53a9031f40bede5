import { pad, printable, wrap } from './text.js';

/** Names and values under each other; absent values are left out, long ones go on in further lines. */
export function renderFields(fields: readonly (readonly [name: string, value: unknown])[], width: number): string {
  const shown = fields.filter(([, value]) => value !== undefined && value !== null && value !== '');
  const indent = Math.max(...shown.map(([name]) => name.length)) + 2;
  return shown
    .flatMap(([name, value]) => {
      const lines = asText(value)
        .split('\n')
        .flatMap((line) => wrap(printable(line), Math.max(20, width - indent)));
      return lines.map((line, at) => `${pad(at === 0 ? name : '', indent)}${line}\n`);
    })
    .join('');
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value, null, 2));
