const dayUs = 86_400_000_000;

/** What a rule may ask for. Sizes in characters (UTF-16 units). */
export interface RuleLimits {
  /** Of one text, with all its documents. */
  textLength: number;
  /** In one set. */
  rules: number;
  /** Of lists and maps within each other, of parentheses, and of correlations of correlations. */
  depth: number;
  /** Values that a detection compares, selections counted as often as the condition names them. */
  terms: number;
  valueLength: number;
  wildcards: number;
  regexLength: number;
  /** Instructions of the compiled expression. */
  regexProgram: number;
  /** Rules a correlation refers to, and fields it groups by. */
  correlated: number;
  timespanUs: number;
  learningUs: number;
}

export const ruleLimits: RuleLimits = {
  textLength: 8 * 1024 * 1024,
  rules: 20_000,
  depth: 16,
  terms: 2_000,
  valueLength: 1_024,
  wildcards: 32,
  regexLength: 1_024,
  regexProgram: 4_000,
  correlated: 16,
  timespanUs: 30 * dayUs,
  learningUs: 365 * dayUs,
};
