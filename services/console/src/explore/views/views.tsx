import './views.css';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ViewState } from '../../../../core/views/vocabulary.js';
import { asProblem } from '../../api/problem.js';
import { writeQuery } from '../../router/query.js';
import { useApp, useKeys } from '../../shell/app.js';
import { Button } from '../../ui/button.js';
import { Icon } from '../../ui/icon.js';
import { createViewsData, type SavedView } from './data.js';
import { type Asked, ViewDialog } from './dialogs.js';
import { differences, queryOf, savedName, stateOf } from './view-state.js';
import { ViewsMenu } from './views-menu.js';

/** The view that was opened, by its name, and all that are saved. What is asked stands in the address and counts, whatever a view says by now. */
export function Views({ onShare }: { onShare: () => void }) {
  const { api, router, toasts } = useApp();
  const data = useMemo(() => createViewsData({ api }), []);
  const anchor = useRef<HTMLSpanElement>(null);
  const opener = (): HTMLElement | null => anchor.current?.querySelector('button') ?? null;
  const [open, setOpen] = useState(false);
  const [asked, setAsked] = useState<Asked>();

  const saved = router.text(savedName);
  useEffect(() => {
    if (saved !== '' && !data.state.peek().data && !data.state.peek().loading) data.load();
  }, [saved]);
  useEffect(() => data.stop, []);
  // Others save and share views meanwhile.
  useEffect(() => {
    if (open) data.load();
  }, [open]);

  const state = stateOf(router.query.value);
  const current = data.state.value.data?.views.find(({ id }) => id === saved);
  const changed = current ? differences(current.state, state) : [];
  const hrefOf = (view: Pick<SavedView, 'id' | 'state'>): string =>
    router.path.value + writeQuery(queryOf(view.state, view.id));

  const close = (): void => {
    setOpen(false);
    opener()?.focus();
  };
  const keep = async (view: SavedView, kept: ViewState, undone?: ViewState): Promise<void> => {
    try {
      const after = await data.replace(view, { state: kept });
      toasts.good(
        undone ? `“${view.name}” asks what is seen now` : `“${view.name}” asks what it asked before`,
        undone && { label: 'Undo', run: () => void keep(after, undone) },
      );
    } catch (error) {
      toasts.bad(asProblem(error).message);
      data.load();
    }
  };
  useKeys([
    { key: 'v', does: 'Saved views', run: () => setOpen(true) },
    { key: 's', does: 'Save this as a view', run: () => setAsked({ kind: 'save' }) },
  ]);

  return (
    <span class="menu-anchor" ref={anchor}>
      <Button
        class="views-opener"
        icon="star"
        aria-haspopup="menu"
        aria-expanded={open}
        title={changed.length > 0 ? `${current!.name}: other than saved are ${changed.join(', ')}` : 'Saved views (v)'}
        onClick={() => setOpen(!open)}
      >
        {current ? (
          <>
            <span class="unseen">View</span>
            <span class="cut">{current.name}</span>
            {changed.length > 0 && <span class="views-changed">changed</span>}
          </>
        ) : (
          'Views'
        )}
        <Icon name="down" size={12} />
      </Button>
      {open && (
        <ViewsMenu
          anchor={opener}
          data={data}
          current={current}
          changed={changed}
          hrefOf={hrefOf}
          onAsk={setAsked}
          onKeep={(view) => void keep(view, state, view.state)}
          onShare={onShare}
          onClose={close}
        />
      )}
      {asked && (
        <ViewDialog
          asked={asked}
          data={data}
          state={state}
          onSaved={(view) => router.go(hrefOf(view), { replace: true })}
          onRemoved={(view) => {
            if (view.id === saved) router.change({ [savedName]: undefined });
          }}
          onClose={() => setAsked(undefined)}
        />
      )}
    </span>
  );
}
