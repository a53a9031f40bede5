/** Makes a value plain text where a channel gives characters a meaning. What the template's author wrote keeps its meaning. */
export type Escape = (value: string) => string;

export const verbatim: Escape = (value) => value;

/** For lines of their own, such as subjects: no value may begin another. */
export const oneLine: Escape = (value) => value.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
export const html: Escape = (value) => value.replace(/[&<>"']/g, (sign) => entities[sign]!);

/**
 * Slack's mrkdwn gives a meaning to these three (`<!channel>`, `<http://…|label>`); they are all that it lets be escaped. Its `*`, `_`,
 * `~` and backtick only change the looks.
 */
export const slack: Escape = (value) => value.replace(/[&<>]/g, (sign) => entities[sign]!);

/** Adaptive Cards read a part of Markdown, and `{{DATE(…)}}`. A value may not make links, nor begin lines of its own. */
export const adaptiveCard: Escape = (value) =>
  value
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/[\\`*_[\]()#<>~!|]/g, '\\$&')
    .replaceAll('{{', '{\u200b{')
    .replace(/^(\s*)([-+]|\d+\.)/, '$1\u200b$2');

/** A cut may have gone through an entity; half of one would be shown as it is. */
export const withoutHalfEntity = (text: string): string => text.replace(/&[a-z0-9#]{0,5}(?=…$)/, '');
