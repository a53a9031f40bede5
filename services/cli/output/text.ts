// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/**
 * Text that somebody else chose, safe to show: control characters, which can rewrite a terminal, and those that turn the reading
 * direction are written as \u001b.
 */
export const printable = (text: string): string =>
  text.replace(unprintable, (found) => `\\u${found.codePointAt(0)!.toString(16).padStart(4, '0')}`);

/** At most `width` characters; what is cut ends in …. */
export function fit(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}

export const lengthOf = (text: string): number => [...text].length;

export const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - lengthOf(text)));

/** Lines of at most `width` characters, broken at blanks where there are any. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = [...text];
  while (rest.length > width) {
    const blank = rest.lastIndexOf(' ', width);
    const at = blank > 0 ? blank : width;
    lines.push(rest.slice(0, at).join(''));
    rest = rest.slice(blank > 0 ? at + 1 : at);
  }
  return [...lines, rest.join('')];
}
