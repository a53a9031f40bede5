import { readFileSync } from 'node:fs';
import { messageOf, SealstreamError } from './errors.js';

export type Environment = Readonly<Record<string, string | undefined>>;

const bad = (message: string): SealstreamError => new SealstreamError('config', message);

/** Reads typed values from an environment. Each reader names the variable and the value it refuses. */
export function readEnvironment(environment: Environment): {
  text(name: string, fallback?: string): string;
  optional(name: string): string | undefined;
  integer(name: string, range: { fallback?: number; min: number; max: number }): number;
  list(name: string, fallback?: string): string[];
  url(name: string, fallback?: string): URL;
  /** The contents of the file that the variable names. */
  file(name: string): Buffer;
  base64(name: string, bytes: number): Buffer;
} {
  const optional = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const text = (name: string, fallback?: string): string => {
    const value = optional(name) ?? fallback;
    if (value === undefined) throw bad(`${name} is not set`);
    return value;
  };
  return {
    text,
    optional,
    integer(name, { fallback, min, max }) {
      const value = text(name, fallback === undefined ? undefined : String(fallback));
      const number = Number(value);
      if (!Number.isInteger(number) || number < min || number > max) {
        throw bad(`${name}=${value} is not a whole number from ${min} to ${max}`);
      }
      return number;
    },
    list: (name, fallback) =>
      text(name, fallback)
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    url(name, fallback) {
      const value = text(name, fallback);
      if (!URL.canParse(value)) throw bad(`${name} is not a URL`);
      return new URL(value);
    },
    file(name) {
      const path = text(name);
      try {
        return readFileSync(path);
      } catch (error) {
        throw bad(`${name}=${path} cannot be read: ${messageOf(error)}`);
      }
    },
    base64(name, bytes) {
      const value = Buffer.from(text(name), 'base64');
      if (value.length !== bytes) throw bad(`${name} holds ${value.length} bytes of base64, not ${bytes}`);
      return value;
    },
  };
}

/** Addresses that every service takes from the environment. */
export interface Addresses {
  kafkaBrokers: string[];
  clickhouseUrl: URL;
  clickhouseDatabase: string;
  redisUrl: string;
}

export function readAddresses(environment: Environment): Addresses {
  const env = readEnvironment(environment);
  return {
    kafkaBrokers: env.list('KAFKA_BROKERS', '127.0.0.1:9092'),
    clickhouseUrl: env.url('CLICKHOUSE_URL', 'http://127.0.0.1:8123'),
    clickhouseDatabase: env.text('CLICKHOUSE_DATABASE', 'sealstream'),
    redisUrl: env.text('REDIS_URL', 'redis://127.0.0.1:6379'),
  };
}
