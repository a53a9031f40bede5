import type { ChildSpec } from '../supervisor/child.js';

export type PartName = 'clickhouse' | 'kafka' | 'redis';

/** An embedded part: a child, the address it answers at, and how to tell that it does. */
export interface Part {
  readonly spec: ChildSpec & { readonly name: PartName };
  /** The environment variable and value that points any service at it. */
  readonly address: { readonly variable: string; readonly value: string };
  readonly readyTimeoutMs: number;
  /** One-time work before the first start (formatting, configuration files). Safe to repeat. */
  prepare(): Promise<void>;
  isReady(): Promise<boolean>;
}
