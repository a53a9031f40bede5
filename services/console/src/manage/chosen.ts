export type Organizations = '*' | string[];

/** As typed: ids apart by commas or blanks. */
export const idsOf = (typed: string): string[] => [...new Set(typed.split(/[\s,]+/).filter((id) => id !== ''))];

const day = 86_400_000;
export const expirySpans = [
  { value: '30', label: 'in 30 days' },
  { value: '90', label: 'in 90 days' },
  { value: '365', label: 'in a year' },
  { value: 'at', label: 'at a time' },
] as const;

/** A time to come, as `span` of days or an own one; undefined is never. */
export interface Expiry {
  span: 'never' | (typeof expirySpans)[number]['value'];
  /** As the browser's field has it, in local time. */
  at: string;
}

export const expiresAt = ({ span, at }: Expiry, nowMs: number): string | undefined => {
  if (span === 'never') return undefined;
  if (span !== 'at') return new Date(nowMs + Number(span) * day).toISOString();
  const ms = Date.parse(at);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
};
