import { eastAsianWidth } from 'get-east-asian-width';

/**
 * What must not reach a terminal as it is: controls, which can rewrite it, line and paragraph separators, lone halves of characters,
 * what turns the reading direction, and what shows nothing, under which one name can pass for another.
 */
const never = String.raw`[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]|(?!\p{Join_Control}|\p{Variation_Selector})\p{Default_Ignorable_Code_Point}`;
/** Emoji and several scripts are written with these, one at a time, behind a character beyond ASCII. */
const misplaced = String.raw`(?<![^\p{ASCII}\p{Join_Control}])\p{Join_Control}|(?<![^\p{ASCII}\p{Join_Control}\p{Variation_Selector}])\p{Variation_Selector}`;
const unprintable = new RegExp(`${never}|${misplaced}`, 'gu');
/** More marks than any script puts on one letter cover the lines around it. */
const manyMarks = /(\p{M}{5})\p{M}+/gu;
const plain = /^[\x20-\x7e]*$/;

/** `\u001b`, as JSON writes it. */
export const escaped = (text: string): string =>
  Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');

/** Text that somebody else chose, safe to show in a line. */
export const printable = (text: string): string =>
  plain.test(text) ? text : text.replace(unprintable, escaped).replace(manyMarks, '$1…');

/** JSON text, safe to show and the same JSON: the line breaks between values stay. */
export const printableJson = (json: string): string =>
  json.replace(unprintable, (found) => (found === '\n' ? found : escaped(found)));

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const emoji = /\p{Emoji_Presentation}|\ufe0f/u;
/** Marks over or under a letter, and the vowels and ends of a Hangul syllable that is written in parts. */
const noWidth = /[\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}\u1160-\u11ff\ud7b0-\ud7ff]/u;

/** Columns of a terminal that one character, as people count them, takes. */
function columnsOf(character: string): number {
  if (emoji.test(character)) return 2;
  let columns = 0;
  for (const point of character) if (!noWidth.test(point)) columns += eastAsianWidth(point.codePointAt(0)!);
  return columns;
}

const charactersOf = function* (text: string): Generator<{ character: string; columns: number }> {
  for (const { segment } of segmenter.segment(text)) yield { character: segment, columns: columnsOf(segment) };
};

/** Columns of a terminal that the text takes: two for each wide character of East Asia and each emoji. */
export function widthOf(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const { columns } of charactersOf(text)) width += columns;
  return width;
}

/** At most `width` columns of it; what is cut ends in …. */
export function fit(text: string, width: number): string {
  if (plain.test(text) && text.length <= width) return text;
  let kept = '';
  let shorter: string | undefined;
  let columnsKept = 0;
  for (const { character, columns } of charactersOf(text)) {
    if (columnsKept + columns > width - 1) shorter ??= kept;
    if (columnsKept + columns > width) return `${shorter}…`;
    kept += character;
    columnsKept += columns;
  }
  return text;
}

export const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));

/** Lines of at most `width` columns, broken at blanks where there are any. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  let columnsUsed = 0;
  for (const { character, columns } of charactersOf(text)) {
    if (columnsUsed + columns > width) {
      const blank = character === ' ' ? line.length : line.lastIndexOf(' ');
      lines.push(blank > 0 ? line.slice(0, blank) : line);
      line = blank > 0 ? line.slice(blank + 1) : '';
      columnsUsed = widthOf(line);
      if (character === ' ' && line === '') continue;
    }
    line += character;
    columnsUsed += columns;
  }
  return [...lines, line];
}

/** The text behind what stands at the beginning of its first line; further lines begin below it. */
export function hang(beginning: string, text: string, width: number): string[] {
  const indent = ' '.repeat(widthOf(beginning));
  return wrap(text, Math.max(20, width - indent.length)).map((line, at) => (at === 0 ? beginning : indent) + line);
}
