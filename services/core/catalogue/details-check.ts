import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import type { JsonSchema } from './action.js';
import { SchemaFault } from './details-schema.js';

/** One place where details do not fit. `pointer` is a JSON Pointer (RFC 6901) into the event. */
export interface DetailsFault {
  pointer: string;
  detail: string;
}

export interface DetailsChecker {
  /** Where details do not fit a schema, at most `mostFaults` places. Details that are absent are checked as an empty object. */
  faults(schema: JsonSchema, details: unknown): DetailsFault[];
  /** Throws a SchemaFault where a schema that readDetailsSchema took has keywords with values that do not fit them. */
  checkSchema(schema: JsonSchema): void;
}

export const mostFaults = 8;
/** Schemas whose validator is kept; one that is needed again is compiled again, in a millisecond or two. */
const keptValidators = 1_000;
/**
 * Every fault costs memory before the first few are kept, and there can be as many as items times schemas. Where the lengths of schema
 * and details, multiplied, are beyond this, only the first fault is looked for.
 */
const allFaultsWithin = 500_000;

/** `format` is an annotation, as the specification has it unless said otherwise: it is told to readers and not checked. */
const options = { strict: false, validateFormats: false, ownProperties: true, logger: false } as const;

/** Validators are compiled when first needed and kept, the longest unused given up first. */
export function createDetailsChecker(): DetailsChecker {
  const firstOnly = createCompiler(false);
  const all = createCompiler(true);
  return {
    faults(schema, details = {}) {
      const validate = firstOnly(schema);
      if (validate(details)) return [];
      const isSmall = length(schema) * length(details) <= allFaultsWithin;
      const thorough = isSmall ? all(schema) : validate;
      if (isSmall) thorough(details);
      return distinct((thorough.errors ?? []).map(faultOf)).slice(0, mostFaults);
    },
    checkSchema(schema) {
      const ajv = new Ajv2020(options);
      if (ajv.validateSchema(schema as object | boolean) === true) return;
      const [error] = ajv.errors ?? [];
      throw new SchemaFault(error?.instancePath ?? '', described(error));
    },
  };
}

const length = (value: unknown): number => JSON.stringify(value).length;

function createCompiler(allErrors: boolean): (schema: JsonSchema) => ValidateFunction {
  const ajv = new Ajv2020({ ...options, allErrors, meta: false, validateSchema: false });
  const kept = new Map<JsonSchema, ValidateFunction>();
  return (schema) => {
    const known = kept.get(schema);
    kept.delete(schema);
    const validate = known ?? ajv.compile(schema as object | boolean);
    // Ajv would keep every schema that it ever saw.
    if (!known && typeof schema === 'object') ajv.removeSchema(schema);
    kept.set(schema, validate);
    if (kept.size > keptValidators) kept.delete(kept.keys().next().value!);
    return validate;
  };
}

function faultOf(error: ErrorObject): DetailsFault {
  const { params, instancePath } = error;
  const member = params.missingProperty ?? params.additionalProperty ?? params.unevaluatedProperty;
  const below = typeof member === 'string' ? `/${member.replaceAll('~', '~0').replaceAll('/', '~1')}` : '';
  return { pointer: `/details${instancePath}${below}`, detail: described(error) };
}

function described(error: ErrorObject | undefined): string {
  if (!error) return 'does not fit';
  const { keyword, params, message = 'does not fit' } = error;
  if (keyword === 'required' || keyword === 'dependentRequired') return 'is required';
  if (keyword === 'additionalProperties' || keyword === 'unevaluatedProperties') return 'is not known here';
  if (keyword === 'enum') return `must be one of ${clipped((params.allowedValues as unknown[]).map(plain).join(', '))}`;
  if (keyword === 'const') return `must be ${clipped(plain(params.allowedValue))}`;
  return message;
}

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const clipped = (text: string): string => (text.length > 200 ? `${text.slice(0, 199)}…` : text);

const distinct = (faults: DetailsFault[]): DetailsFault[] => [
  ...new Map(faults.map((fault) => [`${fault.pointer} ${fault.detail}`, fault])).values(),
];
