/** What one backtest may take. It says when it was cut. */
export interface BacktestLimits {
  /** For reading; what was read until then is judged. */
  ms: number;
  /** Entries into windows kept in memory. */
  matches: number;
  /** Rows of one answer of ClickHouse. */
  pageRows: number;
  /** Findings that are listed; more are counted. */
  findings: number;
  /** Events shown, of all findings together, and of one. */
  examples: number;
  examplesEach: number;
  /** The longest stretch of time. µs. */
  stretchUs: number;
}

export const backtestLimits: BacktestLimits = {
  ms: 60_000,
  matches: 100_000,
  pageRows: 5_000,
  findings: 200,
  examples: 40,
  examplesEach: 3,
  stretchUs: 400 * 86_400_000_000,
};
