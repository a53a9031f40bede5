import { messageOf } from '../../core/errors.js';
import {
  isOfKey,
  type NoteKey,
  type NoteSignature,
  noteLimits,
  openNote,
  parseNote,
  parseSignatureLines,
  TlogError,
  verifySignature,
} from '../../core/tlog/index.js';
import { createNodeVerifier } from '../../core/tlog/node.js';
import type { Witness, WitnessAnswer } from './answer.js';

/** A witness that is configured: where it listens (the submission prefix), and the key that it cosigns with. */
export interface WitnessAddress {
  url: URL;
  vkey: string;
  key: NoteKey;
  sameOperator: boolean;
}

const verify = createNodeVerifier();
const answerBytes = 65_536;
const sizeType = 'text/x.tlog.size';

/** Asks by HTTP (C2SP tlog-witness). */
export function createWitness(
  { url, vkey, key, sameOperator }: WitnessAddress,
  { timeoutMs = 10_000 }: { timeoutMs?: number } = {},
): Witness {
  const address = new URL('add-checkpoint', url.href.endsWith('/') ? url : `${url.href}/`);
  return {
    name: key.name,
    vkey,
    sameOperator,
    async addCheckpoint({ old, proof, note }) {
      const lines = proof.map((hash) => `${Buffer.from(hash).toString('base64')}\n`);
      const response = await fetch(address, {
        method: 'POST',
        headers: { 'content-type': 'text/plain; charset=utf-8' },
        body: `old ${old}\n${lines.join('')}\n${note}`,
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      }).catch((error: unknown) => {
        // `fetch failed` says nothing; its cause does.
        const { cause } = error as { cause?: unknown };
        throw new Error(`at ${address.href} is away: ${messageOf(cause ?? error)}`, { cause: error });
      });
      const body = await boundedText(response);
      return answerOf({ status: response.status, type: response.headers.get('content-type') ?? '', body, note, key });
    },
    async hasCosigned(note) {
      try {
        await openNote({ note, keys: [key], verify });
        return true;
      } catch (error) {
        if (error instanceof TlogError) return false;
        throw error;
      }
    },
  };
}

async function answerOf({
  status,
  type,
  body,
  note,
  key,
}: {
  status: number;
  type: string;
  body: string;
  note: string;
  key: NoteKey;
}): Promise<WitnessAnswer> {
  if (status === 200) return { kind: 'cosigned', signature: await cosignatureOf({ body, note, key }) };
  if (status === 409 && type.split(';')[0]!.trim() === sizeType && /^(0|[1-9][0-9]{0,15})\n$/.test(body)) {
    return { kind: 'other_size', size: Number(body) };
  }
  // Those are what the protocol says of a request; anything else is a server that is not well.
  if ([400, 403, 404, 422].includes(status)) return { kind: 'refused', status, detail: oneLine(body) };
  throw new Error(`answers ${status}: ${oneLine(body)}`);
}

/** Signatures of other keys are passed over (C2SP tlog-witness). */
async function cosignatureOf({
  body,
  note,
  key,
}: {
  body: string;
  note: string;
  key: NoteKey;
}): Promise<NoteSignature> {
  const own = parseSignatureLines(body).find((signature) => isOfKey(signature, key));
  if (!own) throw new Error(`answers 200 without a cosignature of its key ${key.name}`);
  await verifySignature({ text: parseNote(note).text, signature: own, key, verify });
  return own;
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += (chunk as Uint8Array).length;
    if (bytes > Math.min(answerBytes, noteLimits.bytes)) throw new Error(`answers more than ${answerBytes} bytes`);
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const oneLine = (text: string): string => text.trim().replaceAll(/\s+/g, ' ').slice(0, 200);
