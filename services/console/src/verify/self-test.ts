/** RFC 8032 §7.1, test 1: the signature of nothing. */
const known = {
  publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
  signature:
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
};

/**
 * What keeps this browser from judging signatures; undefined where nothing does. Without this question a browser that cannot would call every
 * bundle forged.
 */
export async function canJudge({
  isSecureContext,
  crypto,
}: {
  isSecureContext: boolean;
  crypto: { readonly subtle?: SubtleCrypto };
}): Promise<string | undefined> {
  if (!isSecureContext || !crypto.subtle) {
    return 'browsers give their cryptography to pages from https:// or from this machine only, and this one is from neither';
  }
  try {
    const key = await crypto.subtle.importKey('raw', bytesOf(known.publicKey), 'Ed25519', false, ['verify']);
    if (await crypto.subtle.verify('Ed25519', key, bytesOf(known.signature), new Uint8Array())) return undefined;
  } catch {
    // Said below.
  }
  return 'this browser does not check Ed25519 signatures; Chrome 137, Firefox 129, Safari 17 and newer ones do';
}

const bytesOf = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(hex.match(/../g)!, (byte) => Number.parseInt(byte, 16));
