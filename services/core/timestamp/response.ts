import { type BitString, fromBER } from 'asn1js';
import { PKIStatusInfo } from 'pkijs';
import { bytesOf, children, tagOf } from './blocks.js';
import { checkDer } from './der.js';
import { reading, TimestampError } from './errors.js';
import { readToken, type TimestampClaims, type Token } from './token.js';

/** PKIStatus, RFC 3161 §2.4.2, by number. */
const statuses = [
  'granted',
  'granted_with_modifications',
  'rejection',
  'waiting',
  'revocation_warning',
  'revocation_notification',
] as const;

/** PKIFailureInfo, RFC 3161 §2.4.2, by bit. */
const failures = new Map([
  [0, 'unrecognized or unsupported algorithm'],
  [2, 'transaction not permitted or supported'],
  [5, 'data in the wrong format'],
  [14, 'its time source is not available'],
  [15, 'policy not supported'],
  [16, 'extension not supported'],
  [17, 'additional information not understood or not available'],
  [25, 'system failure'],
]);

export interface TimestampResponse {
  status: (typeof statuses)[number];
  /** What the authority says about it, in its words and those of RFC 3161; empty where it says nothing. */
  explanation: string;
  /** DER of the token (a ContentInfo); there where the authority gave one. */
  token: Uint8Array | undefined;
  /** What the token says. Nobody has verified it. */
  claims: TimestampClaims | undefined;
}

/** Reads a DER TimeStampResp (RFC 3161 §2.4.2) without believing it. Throws a TimestampError when it is none. */
export function readTimestampResponse(bytes: Uint8Array): TimestampResponse {
  const { status, explanation, raw, token } = openResponse(bytes);
  return { status, explanation, token: raw, claims: token?.claims };
}

/** The same with the token taken apart. */
export function openResponse(bytes: Uint8Array): OpenResponse {
  checkDer(bytes, 'the answer');
  return reading('the answer', () => {
    const { result } = fromBER(bytes);
    const [info, inner, ...others] = children(result);
    if (tagOf(result) !== 'u16' || !info || others.length > 0) {
      throw new TimestampError('timestamp_malformed', 'the answer is no TimeStampResp');
    }
    const status = new PKIStatusInfo({ schema: info });
    const raw = inner && bytesOf(inner);
    const texts = status.statusStrings?.map((text) => text.valueBlock.value) ?? [];
    return {
      status: statuses[status.status]!,
      explanation: [...texts, ...failuresOf(status.failInfo)].join('; ').replace(/\p{C}/gu, '\ufffd'),
      raw,
      token: raw && readToken(raw),
    };
  });
}

interface OpenResponse {
  status: TimestampResponse['status'];
  explanation: string;
  raw: Uint8Array | undefined;
  token: Token | undefined;
}

/** The token of an answer that gives what was asked for. Throws a TimestampError that names the status when it does not. */
export function grantedToken({ status, explanation, token }: OpenResponse): Token {
  if (status === 'granted' && token) return token;
  throw new TimestampError(
    'timestamp_status_not_granted',
    `the authority answered ${status}${token ? '' : ', without a token'}${explanation ? `: ${explanation}` : ''}`,
  );
}

function failuresOf(info: BitString | undefined): string[] {
  const view = info?.valueBlock.valueHexView;
  if (!view) return [];
  return [...failures].filter(([bit]) => (view[bit >> 3] ?? 0) & (0x80 >> (bit & 7))).map(([, text]) => text);
}
