import './manage.css';
import type { ComponentChildren } from 'preact';
import type { Problem } from '../api/problem.js';
import { useApp, useKeys } from '../shell/app.js';
import { Button } from '../ui/button.js';
import { Checkbox } from '../ui/field.js';
import { Menu, type MenuItem } from '../ui/menu.js';
import { LoadingRows, ProblemState } from '../ui/states.js';
import { Table, type TableColumn } from '../ui/table.js';

/** A page with what is managed: its rows, how another one is made, what can be done with each, and the dialogs that ask. */
export function ManagedList<R>({
  title,
  rows,
  problem,
  again,
  add,
  ended,
  empty,
  columns,
  keyOf,
  actions,
  children,
}: {
  title: string;
  /** Undefined until they are loaded. */
  rows: readonly R[] | undefined;
  problem: Problem | undefined;
  again: () => void;
  /** Undefined for who may not. */
  add: { label: string; does: string; run: () => void } | undefined;
  /** How many are over, which are shown on demand only. */
  ended?: { label: string; count: number };
  empty: ComponentChildren;
  columns: readonly TableColumn<R>[];
  keyOf: (row: R) => string;
  /** None for what is over or built in. */
  actions: (row: R) => { of: string; items: readonly MenuItem[] } | undefined;
  children: ComponentChildren;
}) {
  const { router } = useApp();
  useKeys(add ? [{ key: 'n', does: add.does, run: add.run }] : []);
  const acting: TableColumn<R> = {
    name: 'do',
    label: '',
    cell: (row) => {
      const { of, items } = actions(row) ?? { of: '', items: [] };
      if (items.length === 0) return null;
      return (
        <span class="manage-actions">
          <Menu look="quiet" small icon="more" align="end" label={`What to do with ${of}`} items={items} />
        </span>
      );
    },
  };
  return (
    <div class="manage">
      <header class="page-head">
        <h1>{title}</h1>
        {ended && ended.count > 0 && (
          <Checkbox
            label={`${ended.label} (${ended.count})`}
            checked={router.text('ended') === 'shown'}
            onChange={(on) => router.change({ ended: on ? 'shown' : undefined })}
          />
        )}
        {add && (
          <Button look="primary" icon="plus" onClick={add.run}>
            {add.label}
          </Button>
        )}
      </header>
      {problem ? (
        <ProblemState problem={problem} again={again} />
      ) : !rows ? (
        <LoadingRows label={`Loading ${title}`} />
      ) : rows.length === 0 ? (
        empty
      ) : (
        <Table caption={title} rows={rows} keyOf={keyOf} columns={[...columns, acting]} />
      )}
      {children}
    </div>
  );
}
