import { Problem, type ProblemPart } from '../errors.js';

/** 400 that names a parameter: unknown, or with a value that cannot be; and where in the value, if that is known. */
export const badParameter = (parameter: string, detail: string, position?: ProblemPart['position']): Problem =>
  new Problem('invalid-request', `${parameter}: ${detail}`, {
    errors: [{ parameter, detail, ...(position ? { position } : {}) }],
  });
