import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { packageRoot } from '../../services/core/paths.js';

export interface ComposeService {
  image?: string;
  build?: { context: string; target: string };
  command?: string[];
  user?: string;
  environment?: Record<string, string>;
  volumes?: string[];
  networks?: string[];
  network_mode?: string;
  ports?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  restart?: string;
  stop_grace_period?: string;
  deploy?: { resources?: { limits?: { cpus?: string; memory?: string } } };
}

export interface ComposeFile {
  services: Record<string, ComposeService>;
  volumes: Record<string, unknown>;
  networks: Record<string, { internal?: boolean }>;
}

export const repositoryFile = (name: string): string => readFileSync(join(packageRoot(), name), 'utf8');

/** docker-compose.yml, its anchors merged. */
export const readComposeFile = (): ComposeFile =>
  parse(repositoryFile('docker-compose.yml'), { merge: true }) as ComposeFile;
