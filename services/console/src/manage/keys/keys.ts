import type { Organizations } from '../chosen.js';

/** GET /api/keys. */
export interface ApiKey {
  id: string;
  name: string;
  prefix: string;
  organizations: Organizations;
  permissions: string[];
  role: string | null;
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
  replaces: string | null;
  last_used_at: string | null;
}

export type KeyState = 'active' | 'expiring' | 'expired' | 'revoked';

const soonMs = 7 * 86_400_000;

export function stateOf(
  { expires_at, revoked_at }: Pick<ApiKey, 'expires_at' | 'revoked_at'>,
  nowMs: number,
): KeyState {
  if (revoked_at !== null && Date.parse(revoked_at) <= nowMs) return 'revoked';
  if (expires_at === null) return 'active';
  const left = Date.parse(expires_at) - nowMs;
  return left <= 0 ? 'expired' : left <= soonMs ? 'expiring' : 'active';
}

export const isOver = (state: KeyState): boolean => state === 'expired' || state === 'revoked';
