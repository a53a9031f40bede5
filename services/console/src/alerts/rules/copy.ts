/** The documents of a text, and the name by which others refer to each. */
const documentsOf = (text: string): { text: string; name: string | undefined }[] =>
  text
    .split(/^---[^\n]*\n/m)
    .filter((one) => one.trim() !== '')
    .map((one) => ({ text: one, name: /^name: *(\S+) *$/m.exec(one)?.[1] }));

const mentions = (text: string, name: string): boolean => new RegExp(`(?<![\\w.])${name}(?![\\w.])`).test(text);

/**
 * A built-in text as one of one's own: without the ids that make it the built-in one, and with those of the rules that built-in ones share
 * which it refers to. These get names of their own, so that several copies can stand beside each other.
 */
export function copyOf(text: string, shared: string | null | undefined): string {
  const own = documentsOf(text);
  const prefix = own.at(-1)?.name ?? 'ours';
  const others = documentsOf(shared ?? '').filter(({ name }) => name !== undefined);
  const needed = new Map<string, string>();
  const look = (within: string): void => {
    for (const { name, text: other } of others) {
      if (needed.has(name!) || !mentions(within, name!)) continue;
      needed.set(name!, other);
      look(other);
    }
  };
  for (const { text: one } of own) look(one);
  let copied = [...own.map((one) => one.text), ...needed.values()].map((one) => one.trimEnd()).join('\n---\n');
  for (const name of needed.keys()) {
    copied = copied.replace(new RegExp(`(?<![\\w.])${name}(?![\\w.])`, 'g'), `${prefix}_${name}`);
  }
  return `${copied.replace(/^id: .*\n/gm, '')}\n`;
}
