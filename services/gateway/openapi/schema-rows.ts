import type { JsonSchema } from './types.js';

export interface SchemaRow {
  /** With dots into members of members, and `[]` for the items of a list. */
  name: string;
  required: boolean;
  schema: JsonSchema;
}

const deepest = 4;

/** The members of an object, those of its members below them. Components are named, not written out. */
export function rowsOf(schema: JsonSchema, prefix = '', depth = 0): SchemaRow[] {
  if (depth > deepest || schema.$ref) return [];
  const alternatives = [...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  if (alternatives.length > 0) return alternatives.flatMap((one) => rowsOf(one, prefix, depth + 1));
  if (schema.items) return rowsOf(schema.items, `${prefix}[]`, depth + 1);
  return Object.entries(schema.properties ?? {}).flatMap(([member, inner]) => {
    const name = prefix === '' ? member : `${prefix}.${member}`;
    return [
      { name, required: schema.required?.includes(member) ?? false, schema: inner },
      ...rowsOf(inner, name, depth + 1),
    ];
  });
}

/** In a few words; a component as `#Name`. */
export function typeOf(schema: JsonSchema): string {
  const { $ref, anyOf, oneOf, allOf, type, items, format, enum: values, const: only } = schema;
  if ($ref) return `#${$ref.split('/').at(-1)}`;
  if (only !== undefined) return JSON.stringify(only);
  if (values) return values.map((value) => JSON.stringify(value)).join(' | ');
  const any = anyOf ?? oneOf;
  if (any) return [...new Set(any.map(typeOf))].join(' | ');
  if (allOf) return allOf.map(typeOf).join(' & ');
  if (type === 'array') return `list of ${items ? typeOf(items) : 'anything'}`;
  const plain = type === undefined ? 'anything' : [type].flat().join(' | ');
  return `${plain}${format ? ` (${format})` : ''}${boundsOf(schema)}`;
}

function boundsOf({ minimum, maximum, maxLength }: JsonSchema): string {
  if (minimum !== undefined || maximum !== undefined) return ` ${minimum ?? ''}–${maximum ?? ''}`;
  return maxLength === undefined ? '' : ` ≤ ${maxLength}`;
}
