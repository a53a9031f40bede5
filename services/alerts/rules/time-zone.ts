import type { Part } from './document.js';
import { Refused } from './fault.js';
import { textOf } from './parts.js';

/** An IANA name as ICU and ClickHouse both know it. */
export function timeZoneOf(part: Part, name: string): string {
  const text = textOf(part, name, 64);
  if (/^[A-Za-z][A-Za-z0-9_+\-/]*$/.test(text)) {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
    } catch {
      // Said below.
    }
  }
  throw new Refused('invalid', `${name} ${JSON.stringify(text)} is no time zone: write a name as Europe/Berlin`, part);
}
