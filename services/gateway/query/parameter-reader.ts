import { badParameter } from './errors.js';
import type { Parameters } from './filter.js';
import type { Given } from './values.js';

/** What a parameter holds, as the reader takes it; undefined where it was not given. */
export type ParameterReader = <T>(name: string, reader: (given: Given) => T) => T | undefined;

/** Reads parameters of known names; every mistake names its parameter. */
export function parameterReader(parameters: Parameters, known: readonly string[]): ParameterReader {
  const unknown = [...parameters.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) throw badParameter(unknown, `is not known here: ${known.join(', ')}`);
  return (name, reader) => {
    const values = parameters.get(name);
    return values && reader({ name, values });
  };
}
