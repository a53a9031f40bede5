import type { Api } from '../../api/call.js';
import { asProblem, type Problem, problemOf } from '../../api/problem.js';
import type { Backtest } from '../types.js';

export interface BacktestAsked {
  /** Undefined for a saved text as it is. */
  text: string | undefined;
  id: string | undefined;
  from: string;
  to: string | undefined;
  /** Whether the saved one is held against it. */
  against: boolean;
  late: boolean;
}

/** Lines as they come: how far it is, of 1, and at last the result or why there is none. */
export function lineOf(line: string): { done?: number; result?: Backtest; problem?: Problem } {
  const said: unknown = JSON.parse(line);
  if (typeof said !== 'object' || said === null) return {};
  const { progress, result, problem } = said as {
    progress?: { done?: number };
    result?: Backtest;
    problem?: Record<string, unknown>;
  };
  if (problem) return { problem: problemOf(problem, 0) };
  if (result) return { result };
  return progress?.done === undefined ? {} : { done: progress.done };
}

/** Rejects with a Problem; whoever aborts stops it in the gateway, too. */
export async function runBacktest(
  api: Api,
  { text, id, from, to, against, late }: BacktestAsked,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (done: number) => void },
): Promise<Backtest> {
  const common = { from, ...(to === undefined ? {} : { to }), ...(late ? { late: 'include' } : {}) };
  const path =
    text === undefined ? `/api/alert-rules/${encodeURIComponent(id!)}/backtest` : '/api/alert-rules/backtest';
  const body =
    text === undefined
      ? common
      : { ...common, text, ...(id === undefined ? {} : { id }), ...(against ? { against: { id } } : {}) };
  const answer = await api.raw('POST', path, { body, signal, headers: { accept: 'application/x-ndjson' } });
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const read = await reader.read().catch((error: unknown) => {
      throw signal.aborted ? error : asProblem(new Error('The connection broke before the backtest was done.'));
    });
    const lines = (rest + (read.value ?? '')).split('\n');
    rest = read.done ? '' : (lines.pop() ?? '');
    for (const line of lines.filter((one) => one !== '')) {
      const { done, result, problem } = lineOf(line);
      if (problem) throw problem;
      if (result) return result;
      if (done !== undefined) onProgress(done);
    }
    if (read.done) throw asProblem(new Error('The gateway ended before the backtest was done.'));
  }
}
