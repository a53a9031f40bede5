/** Nobody is waited for any longer; the receiver is asked again then. */
const mostMs = 3_600_000;

/** RFC 9110 §10.2.3: seconds, or a date. Undefined for what is neither. */
export function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text) * 1_000, mostMs);
  const atMs = /^[A-Z][a-z]{2},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : Math.min(Math.max(0, atMs - nowMs), mostMs);
}
