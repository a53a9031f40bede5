import { type Environment, readEnvironment } from '../../core/config.js';
import { SealstreamError } from '../../core/errors.js';
import { type OidcConfig, readOidc } from './oidc/config.js';
import type { SessionLimits } from './session/sessions.js';

export interface SignInConfig {
  /** Where browsers find the gateway; undefined where they ask it directly, over http. */
  publicUrl: URL | undefined;
  sessions: SessionLimits;
  oidc: OidcConfig | undefined;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
export const defaultSessionLimits: SessionLimits = { idleMs: 2 * hourMs, absoluteMs: 24 * hourMs };

/** SEALSTREAM_PUBLIC_URL, SEALSTREAM_SESSION_IDLE_MINUTES, SEALSTREAM_SESSION_HOURS, SEALSTREAM_OIDC_*. */
export function readSignIn(environment: Environment): SignInConfig {
  const env = readEnvironment(environment);
  const publicUrl = env.optional('SEALSTREAM_PUBLIC_URL') === undefined ? undefined : env.url('SEALSTREAM_PUBLIC_URL');
  if (publicUrl && !['http:', 'https:'].includes(publicUrl.protocol)) {
    throw new SealstreamError('config', `SEALSTREAM_PUBLIC_URL=${publicUrl} is neither http nor https`);
  }
  const { idleMs, absoluteMs } = defaultSessionLimits;
  const idle = env.integer('SEALSTREAM_SESSION_IDLE_MINUTES', { fallback: idleMs / minuteMs, min: 1, max: 43_200 });
  const hours = env.integer('SEALSTREAM_SESSION_HOURS', { fallback: absoluteMs / hourMs, min: 1, max: 720 });
  return { publicUrl, sessions: { idleMs: idle * minuteMs, absoluteMs: hours * hourMs }, oidc: readOidc(environment) };
}
