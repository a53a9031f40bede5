/** At most so many places are named; who mends them asks again. */
const mostErrors = 20;

/** A place in what was validated, by its JSON Pointer, and what is wrong with it. */
export interface FaultyPart {
  pointer: string;
  detail: string;
}

/** TypeBox says of an unknown member that its schema is `false`, and of the object that holds it that it has additional ones. */
export interface ValidationFault {
  keyword: string;
  instancePath: string;
  message: string;
  params?: { additionalProperties?: string[]; requiredProperties?: string[]; allowedValues?: unknown[] };
}

/** The faults of a validation, one for each place, a required member named at its own place. `base` points to what was validated. */
export function validationParts(faults: readonly ValidationFault[], base = ''): FaultyPart[] {
  const parts = faults.flatMap(({ keyword, instancePath, message, params }): FaultyPart[] => {
    const pointer = `${base}${instancePath}`;
    if (keyword === 'additionalProperties') return [];
    if (keyword === 'boolean') return [{ pointer, detail: 'is not known here' }];
    if (keyword === 'required' && params?.requiredProperties) {
      return params.requiredProperties.map((name) => ({
        pointer: `${pointer}/${escaped(name)}`,
        detail: 'is required',
      }));
    }
    if (keyword === 'enum' && params?.allowedValues) {
      return [{ pointer, detail: `must be one of ${params.allowedValues.join(', ')}` }];
    }
    return [{ pointer, detail: message }];
  });
  return parts.slice(0, mostErrors);
}

/** RFC 6901 §3. */
const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');
