// Judges bundles beside the page, so that it goes on answering. It asks nobody: all it needs is in this one file.
import { UnreadableBundle, UnreadableTrust, verifyBundle } from '../../../core/verify/web.js';
import type { VerifyAnswer, VerifyRequest } from './protocol.js';
import { canJudge } from './self-test.js';
import { readTrust } from './trust-file.js';

const mostBytes = 268_435_456;
const views = 500;

addEventListener('message', async ({ data }: MessageEvent<VerifyRequest>) => {
  postMessage(await answerTo(data));
});

async function answerTo({ bundle, trust, nowMs }: VerifyRequest): Promise<VerifyAnswer> {
  const began = performance.now();
  try {
    const cannot = await canJudge(globalThis);
    if (cannot) return { refused: 'browser', message: cannot };
    const verdict = await verifyBundle(await read(bundle), { trust: { nowMs, ...readTrust(trust) }, views });
    return { verdict, tookMs: performance.now() - began };
  } catch (error) {
    if (error instanceof UnreadableBundle || error instanceof UnreadableTrust) {
      return { refused: error.code, message: error.message };
    }
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

async function read(bundle: Blob | string): Promise<string | Uint8Array> {
  if (typeof bundle === 'string') return bundle;
  if (bundle.size === 0) throw new UnreadableBundle('the file is empty');
  if (bundle.size > mostBytes) {
    throw new UnreadableBundle(`the file has ${bundle.size} bytes; at most ${mostBytes} are read`);
  }
  try {
    return new Uint8Array(await bundle.arrayBuffer());
  } catch {
    throw new UnreadableBundle('the file cannot be read any more: it was moved, changed, or is a folder');
  }
}
