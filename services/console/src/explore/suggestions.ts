import { type ReadonlySignal, signal } from '@preact/signals';
import type { Api } from '../api/call.js';
import type { Parameters } from '../api/parameters.js';
import { asProblem, type Problem } from '../api/problem.js';
import { counted } from '../ui/format.js';
import { type AtCaret, fieldSuggestions, type Suggestion, valueWords } from './completion.js';
import { hintOf } from './completion-fields.js';

/** What may come at the caret. */
export interface Suggested {
  readonly list: readonly Suggestion[];
  readonly loading: boolean;
  readonly problem: Problem | undefined;
}

export interface Suggestions {
  readonly state: ReadonlySignal<Suggested>;
  /** What was asked before is given up. */
  ask(at: AtCaret | undefined): void;
  stop(): void;
}

const none: Suggested = { list: [], loading: false, problem: undefined };
/** Somebody types on within it. */
const pauseMs = 180;
const most = 12;

export function createSuggestions({
  api,
  where,
}: {
  api: Api;
  /** Which side of the log is asked, and of which time. */
  where: () => { base: string; times: Parameters };
}): Suggestions {
  const state = signal(none);
  let running = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const stop = (): void => {
    running.abort();
    clearTimeout(timer);
    state.value = none;
  };

  const look = async (field: string, values: string, typed: string, { signal: mine }: AbortController) => {
    const { base, times } = where();
    const [found, known] = await Promise.all([
      api.get<{ values: { value: string; events: number }[] }>(
        `${base}/values/${values}`,
        { ...times, prefix: typed, limit: most },
        mine,
      ),
      values === 'action'
        ? api.get<{ actions: { name: string; description?: string }[] }>(
            '/api/actions',
            { q: typed, seen: 'false' },
            mine,
          )
        : { actions: [] },
    ]);
    const seen = found.values.map(({ value, events }) => ({
      text: valueWords(field, value),
      label: value,
      note: counted(events, 'event'),
    }));
    const further = known.actions
      // The catalogue finds descriptions as well; who types a name means names.
      .filter(({ name }) => name.includes(typed.toLowerCase()) && !found.values.some(({ value }) => value === name))
      .map(({ name, description }) => ({
        text: valueWords(field, name),
        label: name,
        ...(description ? { note: description } : {}),
      }));
    return [...seen, ...further].slice(0, most);
  };

  return {
    state,
    stop,
    ask(at) {
      const before = state.peek().list;
      stop();
      if (!at) return;
      const { field, typed } = at;
      if (field === undefined) {
        state.value = { ...none, list: fieldSuggestions(typed) };
        return;
      }
      const hint = hintOf(field);
      if (hint?.symbols) {
        const list = hint.symbols.filter((symbol) => symbol.startsWith(typed.toLowerCase()));
        state.value = { ...none, list: list.map((symbol) => ({ text: symbol, label: symbol })) };
        return;
      }
      const values = hint?.values;
      if (values === undefined) return;
      const mine = new AbortController();
      running = mine;
      // What still fits of what was there stays until the answer comes.
      const kept = before.filter(({ label }) => typed !== '' && label.toLowerCase().startsWith(typed.toLowerCase()));
      state.value = { list: kept, loading: true, problem: undefined };
      timer = setTimeout(() => {
        look(field, values, typed, mine).then(
          (list) => {
            if (!mine.signal.aborted) state.value = { ...none, list };
          },
          (error: unknown) => {
            if (!mine.signal.aborted) state.value = { ...none, problem: asProblem(error) };
          },
        );
      }, pauseMs);
    },
  };
}
