import { SealstreamError } from '../../core/errors.js';

/** The deployment's secret as its file holds it: 32 bytes in hex. */
export function readSecret(contents: Buffer): Buffer {
  const text = contents.toString('utf8').trim();
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  throw new SealstreamError('config', 'SEALSTREAM_SECRET_FILE does not hold 32 bytes in hex');
}
