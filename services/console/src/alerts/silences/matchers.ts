import type { Comparison, Matcher } from '../types.js';

/** `rule_id=spike`, `ip~198.51.100.*`, `level!=low`: as the command line writes them, and links to the form carry them. */
export function readMatcher(text: string): Required<Matcher> | undefined {
  const [, name, sign, value] = /^([^=~!]+)(!=|=|~)(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) return undefined;
  const comparison: Comparison = sign === '~' ? 'glob' : sign === '!=' ? 'not_equal' : 'equal';
  return { name, comparison, value };
}

const signs: Readonly<Record<Comparison, string>> = { equal: '=', not_equal: '≠', glob: '~' };
export const comparisonWords: Readonly<Record<Comparison, string>> = {
  equal: 'is',
  not_equal: 'is not',
  glob: 'is like',
};

export const matcherText = ({ name, comparison = 'equal', value }: Matcher): string =>
  `${name} ${signs[comparison]} ${value}`;

export const lengths: readonly { value: string; label: string; ms: number }[] = [
  { value: '1h', label: '1 hour', ms: 3_600_000 },
  { value: '4h', label: '4 hours', ms: 4 * 3_600_000 },
  { value: '24h', label: '1 day', ms: 86_400_000 },
  { value: '7d', label: '7 days', ms: 7 * 86_400_000 },
  { value: '30d', label: '30 days', ms: 30 * 86_400_000 },
];
