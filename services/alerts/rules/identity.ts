import { createHash } from 'node:crypto';
import type { Part } from './document.js';
import { Refused } from './fault.js';
import { textOf } from './parts.js';

const form = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

/** A rule's id: a UUID, or any other name without spaces. UUIDs are the same in any case. */
export function idOf(part: Part, what: string): string {
  const text = textOf(part, what, 128);
  if (!form.test(text)) {
    throw new Refused('invalid', `${what} ${JSON.stringify(text)}: letters, digits, and . _ : - are an id`, part);
  }
  return normalId(text);
}

export const normalId = (text: string): string =>
  /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/i.test(text) ? text.toLowerCase() : text;

/** An id for a rule that names none: a UUIDv8 of its name or title, so that it is the same whenever it is read. */
export function madeId(name: string): string {
  const bytes = createHash('sha256').update(`sealstream/alerts/rule/v1\0${name}`).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
