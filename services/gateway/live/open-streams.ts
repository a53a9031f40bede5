import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import type { Caller } from '../auth/caller.js';
import { Problem } from '../errors.js';
import { type Credential, credentialKey, expiryOf, rightsOf } from './credential.js';
import type { StreamLimits } from './limits.js';
import type { LiveMetrics } from './metrics.js';

/** A connection that events are sent over. */
export interface OpenStream {
  /** Undefined until the peer has said who it is. */
  readonly credential: Credential | undefined;
  /** Says why, says where each subscription stands, closes. */
  close(why: CloseReason, problem: Problem): void;
}

export type CloseReason = 'revoked' | 'changed' | 'unauthenticated' | 'refusals' | 'stalled' | 'silent' | 'stopping';

/** All streams of the gateway. */
export interface OpenStreams {
  /** Throws unavailable where there are as many as there may be. */
  checkRoom(): void;
  /** Throws rate-limited where the caller has as many as it may. */
  checkCount(caller: Caller): void;
  /** Keeps an eye on its credential until the returned function is called. */
  add(stream: OpenStream): () => void;
  /** Ends them all. */
  stop(): void;
}

export function createOpenStreams({
  limits,
  metrics,
  log,
  nowMs = Date.now,
}: {
  limits: StreamLimits;
  metrics: LiveMetrics;
  log: Logger;
  nowMs?: (() => number) | undefined;
}): OpenStreams {
  const streams = new Set<OpenStream>();
  let stopped = false;

  /** Asks once for each credential, however many streams rest on it. */
  const recheck = async (): Promise<void> => {
    const same = new Map<string, OpenStream[]>();
    for (const stream of streams) {
      const caller = stream.credential?.caller;
      if (!caller) continue;
      // What the clock says holds even while nothing can be asked.
      if (expiryOf(caller) <= nowMs()) stream.close('revoked', expired());
      else same.set(credentialKey(caller), [...(same.get(credentialKey(caller)) ?? []), stream]);
    }
    await Promise.all([...same.values()].map(recheckOne));
  };

  const recheckOne = async (group: readonly OpenStream[]): Promise<void> => {
    const held = group.map((stream) => ({ stream, credential: stream.credential! }));
    try {
      const now = rightsOf(await held[0]!.credential.again());
      for (const { stream, credential } of held) {
        if (stream.credential === credential && rightsOf(credential.caller) !== now) stream.close('changed', changed());
      }
    } catch (error) {
      // While keys cannot be looked up, streams go on: nobody was revoked that we know of.
      if (error instanceof Problem && error.kind === 'unauthenticated') {
        for (const { stream, credential } of held) if (stream.credential === credential) stream.close('revoked', error);
      } else log.warn({ error: messageOf(error) }, 'the credentials of open streams cannot be looked up');
    }
  };

  let checking = false;
  const sweep = setInterval(() => {
    if (checking) return;
    checking = true;
    void recheck().finally(() => {
      checking = false;
    });
  }, limits.recheckMs);
  sweep.unref();

  return {
    checkRoom() {
      if (stopped) throw stopping();
      if (streams.size < limits.connections) return;
      throw new Problem(
        'unavailable',
        `the gateway has as many streams as it may: ${limits.connections}; try again later`,
      );
    },
    checkCount({ keyId }) {
      const own = [...streams].filter(({ credential }) => credential?.caller.keyId === keyId);
      if (own.length < limits.connectionsPerKey) return;
      const { connectionsPerKey } = limits;
      throw new Problem(
        'rate-limited',
        `the API key has ${connectionsPerKey} streams open, which is as many as it may`,
      );
    },
    add(stream) {
      streams.add(stream);
      metrics.connections.set(streams.size);
      if (stopped) stream.close('stopping', stopping());
      return () => {
        streams.delete(stream);
        metrics.connections.set(streams.size);
      };
    },
    stop() {
      stopped = true;
      clearInterval(sweep);
      for (const stream of streams) stream.close('stopping', stopping());
    },
  };
}

const expired = (): Problem => new Problem('unauthenticated', 'the credential of this stream has expired');
const changed = (): Problem => new Problem('forbidden', 'what the credential permits has changed; connect again');
const stopping = (): Problem =>
  new Problem('unavailable', 'the gateway stops; resume each subscription with its cursor');
