import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Environment } from '../../core/config.js';
import { messageOf } from '../../core/errors.js';
import { CliError, usageError } from '../errors.js';
import type { Surroundings } from '../surroundings.js';
import { dataFolder, readInstance } from './instance.js';

export interface Connection {
  url: URL;
  apiKey: string;
}

/** The options that every command takes. */
export interface ConnectionOptions {
  url?: string | undefined;
  apiKey?: string | undefined;
  apiKeyFile?: string | undefined;
}

/**
 * Where the gateway is, and with which key: options, else the environment, else the running instance's `env` file. The file's key is for
 * the file's URL alone: it is never sent to another server.
 */
export function findConnection(
  options: ConnectionOptions,
  { env, cwd }: Pick<Surroundings, 'env' | 'cwd'>,
): Connection {
  const folder = dataFolder({ env, cwd });
  const given = {
    url: options.url ?? set(env.SEALSTREAM_URL),
    apiKey: keyGiven(options, cwd) ?? set(env.SEALSTREAM_API_KEY),
  };
  const instance = given.url && given.apiKey ? undefined : readInstance(folder);
  const url = given.url ?? instance?.SEALSTREAM_URL;
  if (url === undefined) throw noInstance(folder);
  const address = parseUrl(url);
  const apiKey = given.apiKey ?? keyFor(address, instance);
  if (apiKey === undefined) throw noKey(address, folder);
  return { url: address, apiKey };
}

/** What the commands that talk to Kafka themselves read: the environment over the instance's `env` file. */
export function instanceEnvironment({ env, cwd }: Pick<Surroundings, 'env' | 'cwd'>): Environment {
  return { ...readInstance(dataFolder({ env, cwd })), ...env };
}

function keyGiven({ apiKey, apiKeyFile }: ConnectionOptions, cwd: string): string | undefined {
  if (apiKeyFile === undefined) return apiKey;
  if (apiKey !== undefined) throw usageError('Give either --api-key or --api-key-file.');
  const file = resolve(cwd, apiKeyFile);
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new CliError('input', `--api-key-file: ${file} cannot be read: ${messageOf(error)}`);
  }
}

const set = (value: string | undefined): string | undefined => value?.trim() || undefined;

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw usageError(`${JSON.stringify(text)} is no URL; the gateway's looks like http://127.0.0.1:8080`);
  }
  return url;
}

function keyFor(url: URL, instance: Environment | undefined): string | undefined {
  const { SEALSTREAM_URL: own, SEALSTREAM_API_KEY: key } = instance ?? {};
  return own !== undefined && URL.canParse(own) && new URL(own).origin === url.origin ? key : undefined;
}

const noInstance = (folder: string): CliError =>
  new CliError(
    'no_instance',
    `No running instance: ${folder} holds no env file.\n` +
      'Start one with `npm start`, run this in the folder that holds .sealstream (or set SEALSTREAM_DATA),\n' +
      'or say where it is: --url URL --api-key KEY (or SEALSTREAM_URL, SEALSTREAM_API_KEY).',
  );

const noKey = ({ origin }: URL, folder: string): CliError =>
  new CliError(
    'no_instance',
    `No API key for ${origin}. Give one with --api-key-file or SEALSTREAM_API_KEY.\n` +
      `(The key in ${folder} belongs to the instance there and is used for no other.)`,
  );
