import type { Health } from '../../core/health.js';
import { type Part, unavailable } from '../errors.js';
import { within } from './within.js';

/** Which parts are there, as requests need to know it. */
export interface Presence {
  /** Throws unavailable (503) at once where the part is known to be away, instead of letting the request wait for it. */
  require(part: Part): void;
  /** The work's result; unavailable when Kafka does not take it in time. What was handed over may get there later all the same. */
  publishing<T>(work: Promise<T>): Promise<T>;
}

const names: Record<Part, string> = {
  kafka: 'Kafka',
  clickhouse: 'ClickHouse',
  redis: 'Redis',
  registry: 'the registry',
  oidc: 'the OpenID provider',
  gateway: 'the gateway',
};

export function createPresence({ health, publishTimeoutMs }: { health: Health; publishTimeoutMs: number }): Presence {
  return {
    require(part) {
      const state = health.report().parts[part];
      if (state && !state.ready) throw unavailable(part, `${names[part]} is away: ${state.detail}`);
    },
    publishing: (work) =>
      within(publishTimeoutMs, work, () => {
        health.set('kafka', { ready: false, detail: `it acknowledged nothing within ${publishTimeoutMs} ms` });
        return unavailable(
          'kafka',
          `Kafka did not acknowledge it within ${publishTimeoutMs} ms; send it again, with an Idempotency-Key to have it once`,
        );
      }),
  };
}
