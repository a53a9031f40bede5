import { encodeBody, encodeContent, encodeIdentity } from '../reference.js';
import { bodyFields, contentFields, type EventFields, eventFields, identityFields } from './material.js';

/** Fills one string so that the encoded part has exactly `bytes` bytes; the length's varint grows with it. */
function filled(encodedLength: (text: string) => number, bytes: number): string {
  let text = 'x'.repeat(bytes);
  while (encodedLength(text) > bytes) text = text.slice(encodedLength(text) - bytes);
  if (encodedLength(text) !== bytes) throw new Error(`no text fills the part to ${bytes} bytes`);
  return text;
}

export function bodyOf(bytes: number): EventFields {
  const target_id = filled((text) => encodeBody(bodyFields({ target_id: text })).length, bytes);
  return eventFields({ body: bodyFields({ target_id }) });
}

export function identityOf(bytes: number): EventFields {
  const user_agent = filled((text) => encodeIdentity(identityFields({ user_agent: text })).length, bytes);
  return eventFields({ identity: identityFields({ user_agent }) });
}

export function contentOf(bytes: number): EventFields {
  const details = filled((text) => encodeContent(contentFields({ details: text })).length, bytes);
  return eventFields({ content: contentFields({ details }) });
}

export const LIMIT_EVENTS = [
  { name: 'a body of 16,384 bytes', event: bodyOf(16_384) },
  { name: 'an identity of 16,384 bytes', event: identityOf(16_384) },
  { name: 'a content of 262,144 bytes', event: contentOf(262_144) },
];

export const OVER_LIMIT_EVENTS = [
  { name: 'a body of 16,385 bytes', event: bodyOf(16_385) },
  { name: 'an identity of 16,385 bytes', event: identityOf(16_385) },
  { name: 'a content of 262,145 bytes', event: contentOf(262_145) },
];
