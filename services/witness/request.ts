import { Refusal } from './errors.js';

/** The body of `add-checkpoint` (C2SP tlog-witness). */
export interface AddCheckpointRequest {
  old: number;
  proof: Uint8Array[];
  /** The checkpoint, as it came. */
  note: string;
}

/** More than any request that the protocol allows: 63 hashes, and a checkpoint with 100 signatures. */
export const maxRequestBytes = 65_536;
const maxProofLines = 63;
const hashLine = /^[A-Za-z0-9+/]{43}=$/;

/** Strict: throws a Refusal of 400. */
export function parseRequest(body: Uint8Array): AddCheckpointRequest {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    throw new Refusal(400, 'the body is not UTF-8');
  }
  const split = text.indexOf('\n\n');
  if (split < 0) throw new Refusal(400, 'the body has no empty line before the checkpoint');
  const [first, ...lines] = text.slice(0, split).split('\n');
  const old = /^old (0|[1-9][0-9]{0,15})$/.exec(first!)?.[1];
  if (old === undefined || !Number.isSafeInteger(Number(old))) {
    throw new Refusal(400, `the first line is ${JSON.stringify(first!.slice(0, 60))}, not "old <size>"`);
  }
  if (lines.length > maxProofLines) {
    throw new Refusal(400, `the proof has ${lines.length} lines, at most ${maxProofLines}`);
  }
  const proof = lines.map((line, index) => {
    const hash = hashLine.test(line) ? Buffer.from(line, 'base64') : undefined;
    // A spelling with bits set past the last byte is another spelling of the same hash.
    if (hash?.toString('base64') !== line)
      throw new Refusal(400, `proof line ${index + 1} is not a SHA-256 hash in base64`);
    return hash;
  });
  return { old: Number(old), proof, note: text.slice(split + 2) };
}
