import type { Api } from '../api/call.js';
import { asProblem } from '../api/problem.js';
import { counted } from '../ui/format.js';
import type { Alert, AlertDetail } from './types.js';

export type Act = 'acknowledge' | 'unacknowledge' | 'resolve' | 'reopen';

/** What people do about alerts, each to be taken back. Answers go to `take`. */
export interface Acting {
  act(act: Act, alerts: readonly Alert[], comment?: string): Promise<void>;
  assign(alert: Alert, assignee: string): Promise<void>;
  comment(alert: Alert, text: string): Promise<boolean>;
}

const atOnce = 4;
const done: Readonly<Record<Act, string>> = {
  acknowledge: 'acknowledged',
  unacknowledge: 'given back',
  resolve: 'resolved',
  reopen: 'opened again',
};
export const mayFrom: Readonly<Record<Act, readonly string[]>> = {
  acknowledge: ['open'],
  unacknowledge: ['acknowledged'],
  resolve: ['open', 'acknowledged'],
  reopen: ['resolved'],
};

/** What leads back to what it was; resolving something acknowledged takes two steps. */
export function undoOf(act: Act, before: Pick<Alert, 'state'>): readonly Act[] {
  if (act === 'acknowledge') return ['unacknowledge'];
  if (act === 'unacknowledge') return ['acknowledge'];
  if (act === 'reopen') return ['resolve'];
  return before.state === 'acknowledged' ? ['reopen', 'acknowledge'] : ['reopen'];
}

export function createActing({
  api,
  toasts,
  take,
}: {
  api: Api;
  toasts: { good(text: string, action?: { label: string; run: () => void }): void; bad(text: string): void };
  take: (alert: AlertDetail) => void;
}): Acting {
  const post = async (id: string, what: string, body: object): Promise<void> => {
    take(await api.post<AlertDetail>(`/api/alerts/${encodeURIComponent(id)}/${what}`, body));
  };
  const say = (error: unknown): void => toasts.bad(asProblem(error).message);

  /** A few at a time; those that fail are told of by the first of them. */
  const each = async (alerts: readonly Alert[], work: (alert: Alert) => Promise<void>): Promise<Alert[]> => {
    const well: Alert[] = [];
    const failures: unknown[] = [];
    const waiting = [...alerts];
    const worker = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        try {
          await work(next);
          well.push(next);
        } catch (error) {
          failures.push(error);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, alerts.length) }, worker));
    const [first] = failures;
    if (first && alerts.length === 1) say(first);
    else if (first)
      toasts.bad(`${counted(failures.length, 'alert')} could not be changed: ${asProblem(first).message}`);
    return well;
  };

  return {
    async act(act, alerts, comment = '') {
      const body = comment === '' ? {} : { comment };
      const changed = await each(alerts, ({ id }) => post(id, act, body));
      if (changed.length === 0) return;
      const what = changed.length === 1 ? `“${changed[0]!.rule_title}”` : counted(changed.length, 'alert');
      const undo = (): void =>
        void each(changed, async (alert) => {
          for (const back of undoOf(act, alert)) await post(alert.id, back, {});
        });
      toasts.good(`${what} ${done[act]}`, { label: 'Undo', run: undo });
    },
    async assign(alert, assignee) {
      const before = alert.assigned_to ?? '';
      const [changed] = await each([alert], ({ id }) => post(id, 'assign', { assignee }));
      if (!changed) return;
      const said = assignee === '' ? 'Nobody deals with it now' : `Given to ${assignee}`;
      const undo = (): void => void each([alert], ({ id }) => post(id, 'assign', { assignee: before }));
      toasts.good(said, { label: 'Undo', run: undo });
    },
    async comment(alert, text) {
      const [changed] = await each([alert], ({ id }) => post(id, 'comment', { comment: text }));
      return changed !== undefined;
    },
  };
}
