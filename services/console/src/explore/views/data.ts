import { type ReadonlySignal, signal } from '@preact/signals';
import type { ViewState } from '../../../../core/views/vocabulary.js';
import type { Api } from '../../api/call.js';
import type { Loaded } from '../../api/load.js';
import { asProblem } from '../../api/problem.js';

export interface SavedView {
  id: string;
  version: number;
  name: string;
  /** With whom it is shared; null with nobody. */
  organization_id: string | null;
  owner: { id: string; name: string };
  mine: boolean;
  may_change: boolean;
  state: ViewState;
}

export type ViewDraft = Pick<SavedView, 'name' | 'state' | 'organization_id'>;

export interface ViewsData {
  readonly state: ReadonlySignal<Loaded<{ views: readonly SavedView[]; complete: boolean }>>;
  /** Asks for all of them; once more where they are there already. */
  load(): void;
  /** These three reject with a Problem. */
  create(draft: ViewDraft): Promise<SavedView>;
  /** Refused where somebody has changed the view since it was loaded. */
  replace(view: SavedView, change: Partial<ViewDraft>): Promise<SavedView>;
  remove(view: SavedView): Promise<void>;
  stop(): void;
}

const path = '/api/views';
const pathOf = ({ id }: SavedView): string => `${path}/${encodeURIComponent(id)}`;

export function createViewsData({ api }: { api: Api }): ViewsData {
  const state = signal<Loaded<{ views: readonly SavedView[]; complete: boolean }>>({
    loading: false,
    data: undefined,
    problem: undefined,
  });
  let running = new AbortController();

  const load = (): void => {
    running.abort();
    const mine = new AbortController();
    running = mine;
    state.value = { loading: true, data: state.peek().data, problem: undefined };
    api.get<{ views: SavedView[]; complete: boolean }>(path, {}, mine.signal).then(
      (data) => {
        if (!mine.signal.aborted) state.value = { loading: false, data, problem: undefined };
      },
      (error: unknown) => {
        if (!mine.signal.aborted) {
          state.value = { loading: false, data: state.peek().data, problem: asProblem(error) };
        }
      },
    );
  };
  /** What was just done is seen at once; a list that was under way does not know of it. */
  const note = (change: (views: readonly SavedView[]) => readonly SavedView[]): void => {
    running.abort();
    const { data } = state.peek();
    if (data) state.value = { loading: false, data: { ...data, views: change(data.views) }, problem: undefined };
    else load();
  };
  return {
    state,
    load,
    stop: () => running.abort(),
    async create(draft) {
      const made = await api.post<SavedView>(path, draft);
      note((views) => [...views, made]);
      return made;
    },
    async replace(view, change) {
      const { name, state: asked, organization_id, version } = { ...view, ...change };
      const changed = await api.put<SavedView>(pathOf(view), { name, state: asked, organization_id, version });
      // Another's view that is shared no longer is out of sight.
      const seen = changed.mine || changed.organization_id !== null;
      note((views) => views.flatMap((one) => (one.id !== view.id ? [one] : seen ? [changed] : [])));
      return changed;
    },
    async remove(view) {
      await api.delete(pathOf(view));
      note((views) => views.filter(({ id }) => id !== view.id));
    },
  };
}
