import { Problem } from '../errors.js';

/** 400 that names a parameter: unknown, or with a value that cannot be. */
export const badParameter = (parameter: string, detail: string): Problem =>
  new Problem('invalid-request', `${parameter}: ${detail}`, { errors: [{ parameter, detail }] });
