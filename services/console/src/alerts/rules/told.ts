import type { RuleSummary } from '../types.js';

/** Whom the rule tells, and how often. */
export interface Telling {
  channels: readonly string[];
  repeat_seconds: number;
}

export const tellingOf = (rule: Pick<RuleSummary, 'channels' | 'repeat_seconds'> | undefined): Telling => ({
  channels: rule?.channels ?? [],
  repeat_seconds: rule?.repeat_seconds ?? 0,
});

/** As it was remembered; undefined where nothing was, or what cannot be read. */
export function readTelling(text: string | undefined): Telling | undefined {
  try {
    const { channels, repeat_seconds } = JSON.parse(text ?? '') as Partial<Telling>;
    const named = Array.isArray(channels) && channels.every((one) => typeof one === 'string');
    return named && typeof repeat_seconds === 'number' ? { channels, repeat_seconds } : undefined;
  } catch {
    return undefined;
  }
}
