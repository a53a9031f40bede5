import type { Header } from './header.js';
import { types } from './schemas.js';

export function encodeHeader(header: Header): Buffer {
  return types.header.toBuffer(header);
}
