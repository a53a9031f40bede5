const longest = 120;

/** A line with its varying parts taken out, so that like lines count as one: addresses, numbers, hex, quoted text. */
export function templateOf(text: string): string {
  const template = text
    .slice(0, 1_000)
    .replace(/"[^"]*"/g, '"…"')
    .replace(/\b\d\d:\d\d:\d\d\b/g, '<time>')
    .replace(/\b\d{1,3}(?:\.\d{1,3}){3}\b/g, '<ip>')
    .replace(/(?<![\w:])[0-9a-f]*:[0-9a-f]*:[0-9a-f:]*(?![\w:])/gi, '<ip>')
    .replace(/\b(?=[a-f]*\d)[0-9a-f]{8,}\b/gi, '<hex>')
    .replace(/\d+/g, '<n>');
  return template.length <= longest ? template : `${template.slice(0, longest - 1).toWellFormed()}…`;
}
