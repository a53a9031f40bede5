import { type AlertLevel, alertLevels } from '../alert.js';
import { cut } from '../text/cut.js';
import type { Templates } from '../text/defaults.js';
import type { Escape } from '../text/escapes.js';
import type { Message } from './kind.js';

const testSign = 'Test: ';

export const worstLevel = ({ alerts }: Message): AlertLevel =>
  alertLevels.find((level) => alerts.some(({ rule }) => rule.level === level)) ?? 'informational';

/** A title and a text of several lines for people, of one alert by the templates, of several by their titles. */
export function tell(
  message: Message,
  templates: Templates,
  {
    escaped,
    asLink,
    mostLength,
    tidied = (text) => text,
  }: {
    escaped: Escape;
    /** A text that leads to where the alert is shown. */
    asLink: (text: string, link: string) => string;
    /** Of the text, in UTF-16 units. */
    mostLength: number;
    /** Mends what a cut may have left. */
    tidied?: (text: string) => string;
  },
): { title: string; body: string } {
  const { alerts, more, test } = message;
  const [first] = alerts;
  const mark = test ? testSign : '';
  if (first && alerts.length === 1 && more === 0) {
    const title = mark + templates.title.render(first, escaped);
    return { title, body: tidied(cut(templates.body.render(first, escaped), mostLength)) };
  }
  const lines = alerts.map(
    (alert) => `• ${asLink(tidied(cut(templates.title.render(alert, escaped), 300)), linkOf(alert.link))}`,
  );
  const title = `${mark}${alerts.length + more} alerts, the worst ${worstLevel(message)}`;
  return { title, body: fitted(lines, more, mostLength) };
}

/** Lines while they fit, and the number of those that are left out. */
function fitted(lines: readonly string[], more: number, mostLength: number): string {
  const ending = (left: number): string => (left > 0 ? `and ${left} more` : '');
  const room = mostLength - ending(more + lines.length).length - 1;
  let length = 0;
  let kept = 0;
  for (const line of lines) {
    length += line.length + 1;
    if (length > room) break;
    kept += 1;
  }
  return [...lines.slice(0, kept), ending(more + lines.length - kept)].filter((line) => line !== '').join('\n');
}

/** Only addresses of pages are links. */
export function linkOf(link: string): string {
  if (!/^https?:\/\//i.test(link) || !URL.canParse(link)) return '';
  return new URL(link).href;
}
