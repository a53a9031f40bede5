import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { sha256 } from '../../../core/seal/index.js';
import { unavailable } from '../../errors.js';

/**
 * Values in Redis under secrets of 256 random bits. Redis holds the secrets' hashes only: who can read it can use none of them. Every
 * call rejects with unavailable (503) while Redis is away.
 */
export interface SecretStore<T> {
  /** Returns the new secret, in base64url. */
  put(value: T, ttlMs: number): Promise<string>;
  get(secret: string): Promise<T | undefined>;
  /** What stands for a secret without being one. */
  idOf(secret: string): string;
  getById(id: string): Promise<T | undefined>;
  /** The same, and from now on it lives for `ttlMs`. */
  touch(secret: string, ttlMs: number): Promise<T | undefined>;
  /** Of all who take it at once, one gets it. */
  take(secret: string): Promise<T | undefined>;
  /** Puts another value in its place, for as long as that was to live; nothing where there is none. */
  replace(secret: string, value: T): Promise<void>;
  remove(secret: string): Promise<void>;
}

const secretBytes = 32;
const secretText = /^[A-Za-z0-9_-]{43}$/;

/** Deployments may share a Redis: `audience` keeps them apart, `kind` what one of them stores. */
export function createSecretStore<T>({
  redis,
  audience,
  kind,
}: {
  redis: Redis;
  audience: string;
  kind: string;
}): SecretStore<T> {
  const prefix = `sealstream:${kind}:${sha256(audience).toString('hex').slice(0, 16)}:`;
  const idOf = (secret: string): string => sha256(secret).toString('hex');
  const nameOf = (secret: string): string => `${prefix}${idOf(secret)}`;
  const ask = async <R>(command: () => Promise<R>): Promise<R> => {
    try {
      return await command();
    } catch (error) {
      throw unavailable('redis', 'sign-in cannot be looked up while Redis is away', { cause: error });
    }
  };
  const parsed = (found: string | null): T | undefined => (found === null ? undefined : (JSON.parse(found) as T));
  const read = async (secret: string, command: (name: string) => Promise<string | null>): Promise<T | undefined> => {
    // What is no secret is never looked up.
    if (!secretText.test(secret)) return undefined;
    return parsed(await ask(() => command(nameOf(secret))));
  };
  return {
    async put(value, ttlMs) {
      const secret = randomBytes(secretBytes).toString('base64url');
      await ask(() => redis.set(nameOf(secret), JSON.stringify(value), 'PX', ttlMs));
      return secret;
    },
    get: (secret) => read(secret, (name) => redis.get(name)),
    idOf,
    getById: async (id) => parsed(await ask(() => redis.get(`${prefix}${id}`))),
    touch: (secret, ttlMs) => read(secret, (name) => redis.getex(name, 'PX', ttlMs)),
    take: (secret) => read(secret, (name) => redis.getdel(name)),
    async replace(secret, value) {
      await ask(() => redis.call('SET', nameOf(secret), JSON.stringify(value), 'XX', 'KEEPTTL'));
    },
    async remove(secret) {
      await ask(() => redis.del(nameOf(secret)));
    },
  };
}
