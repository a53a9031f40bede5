import type { BundleVerdict } from '../../../core/verify/web.js';

/** What is trusted before anything was read, as somebody gave it. */
export interface TrustGiven {
  /** A trust file (docs/guides/verify.md). */
  json?: string;
  /** Certificates of timestamping authorities, PEM: a page cannot read the files that a trust file names. */
  pem?: readonly string[];
}

export interface VerifyRequest {
  bundle: Blob | string;
  trust: TrustGiven;
  nowMs: number;
}

/** `browser`: this page cannot judge at all, and so says nothing of the bundle. */
export type RefusalKind = 'unreadable_bundle' | 'unreadable_trust' | 'browser';

export type VerifyAnswer =
  | { verdict: BundleVerdict; tookMs: number }
  | { refused: RefusalKind; message: string }
  | { failed: string };
