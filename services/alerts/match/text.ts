import type { Value } from './place.js';

/** A number's digits as ClickHouse writes them, too. */
export const numberText = (number: number): string => String(number).replace('e+', 'e');

/** What a value says as text; undefined of null. Objects, and lists within lists, are their JSON without spaces. */
export function textOf(value: Value): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  return value === null ? undefined : jsonText(value);
}

const textOrExponent = /"(?:[^"\\]|\\.)*"|e\+/g;

/** As ClickHouse writes it, which escapes the two line ends that JavaScript once could not have in a text, and writes exponents without a plus. */
function jsonText(value: object): string {
  const json = JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
  return json.includes('e+') ? json.replace(textOrExponent, (found) => (found === 'e+' ? 'e' : found)) : json;
}

const numberForm = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** The number that a text writes, in JSON's way. Undefined for others, and for those beyond 64 bits or a double. */
export function numberOf(text: string): number | undefined {
  if (!numberForm.test(text)) return undefined;
  if (/[.eE]/.test(text)) {
    const number = Number(text);
    return Number.isFinite(number) ? number : undefined;
  }
  if (text.length < 16) return Number(text);
  const whole = BigInt(text.slice(0, 32));
  return text.length <= 32 && whole >= -(2n ** 63n) && whole < 2n ** 64n ? Number(whole) : undefined;
}
