import type { Redis } from 'ioredis';
import { Problem } from '../../errors.js';
import type { Caller } from '../caller.js';
import type { CredentialSource } from '../sources.js';
import { createSecretStore } from './secret-store.js';

const linkMs = 15 * 60_000;

/** Links that sign a browser in, once, as the one who made them. */
export interface Links {
  issue(caller: Caller): Promise<{ secret: string; expiresAtMs: number }>;
  /** Of several browsers at once, one is signed in. Undefined where the link is unknown, used or expired. */
  redeem(secret: string): Promise<CredentialSource | undefined>;
}

export function createLinks({
  redis,
  audience,
  now = Date.now,
}: {
  redis: Redis;
  audience: string;
  now?: () => number;
}): Links {
  const store = createSecretStore<CredentialSource>({ redis, audience, kind: 'link' });
  return {
    async issue({ source }) {
      if (!source) throw new Problem('conflict', 'this credential can make no link');
      return { secret: await store.put(source, linkMs), expiresAtMs: now() + linkMs };
    },
    redeem: (secret) => store.take(secret),
  };
}
