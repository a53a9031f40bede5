import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { memo } from './memo.js';
import { NearTools } from './near-cell.js';
import type { Turns } from './turns.js';
import { useTurn } from './use-turn.js';
import { rowPx, type Virtual } from './use-virtual.js';
import type { GridColumn } from './virtual-table.js';

export interface VirtualRowProps<R> {
  row: R;
  keyOf: (row: R) => string;
  columns: readonly GridColumn<R>[];
  index: number;
  /** From the top of all rows, in pixels. */
  start: number;
  selected: boolean;
  /** The column that the pointer is in, in this row. */
  near: string | undefined;
  /** Something that belongs to that cell is opened or closed. */
  onOpen: (open: boolean) => void;
  /** Where many rows change at once, they take turns. */
  turns: Turns;
  /** What is unfolded below it; null where it could be; undefined where it cannot. */
  unfolded: ComponentChildren;
}

function Row<R>(props: VirtualRowProps<R>) {
  const { columns, index, start, selected, near, onOpen, unfolded } = props;
  const row = useTurn(props.row, props.turns);
  const waits = props.keyOf(row) !== props.keyOf(props.row);
  const drawnAt = useRef(start);
  if (!waits) drawnAt.current = start;
  // What was drawn may stay where it was until its turn, but is never to be seen in the place of another.
  const unseen = drawnAt.current !== start ? ';visibility:hidden' : '';
  return (
    <div data-key={props.keyOf(row)} role="presentation" class="grid-item" style={`top:${start}px${unseen}`}>
      <div id={`row-${index}`} role="row" class="grid-row" aria-rowindex={index + 2} aria-selected={selected && !waits}>
        {unfolded !== undefined && (
          <div role="gridcell" class="grid-chevron">
            <button
              type="button"
              tabIndex={-1}
              aria-expanded={Boolean(unfolded)}
              aria-label={unfolded ? 'Fold' : 'Unfold'}
            />
          </div>
        )}
        <RowCells {...{ row, columns, near, onOpen }} />
      </div>
      {unfolded}
    </div>
  );
}

function Cells<R>({ row, columns, near, onOpen }: Pick<VirtualRowProps<R>, 'row' | 'columns' | 'near' | 'onOpen'>) {
  return columns.map(({ name, mono, cell, title, tools }, at) => (
    <div
      key={name}
      role="gridcell"
      data-column={name}
      class={`${mono ? 'mono' : ''}${name === near ? ' near' : ''}`}
      style={columnStyle(at)}
      title={name === near ? title?.(row) : undefined}
    >
      {name === near && tools ? (
        <>
          <span class="cut">{cell(row)}</span>
          <NearTools onOpen={onOpen}>{tools(row)}</NearTools>
        </>
      ) : (
        cell(row)
      )}
    </div>
  ));
}

/** A row in its place. As long as nothing of it changes, it is not looked at again, however often the table is. */
export const VirtualRow = memo(Row) as typeof Row;
const RowCells = memo(Cells) as typeof Cells;

/** Of the column at this place, in the head and in every row. Its width stands once, at the table. */
export const columnStyle = (at: number): string => `flex:var(--column-${at})`;

/** Below its row, as wide as the table is seen; its height is measured, and forgotten when it goes. */
export function Unfolded({
  virtual,
  index,
  children,
}: {
  virtual: Virtual;
  index: number;
  children: ComponentChildren;
}) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = box.current!;
    const measure = (): void => virtual.resizeItem(index, rowPx + element.offsetHeight);
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(element);
    return () => watch.disconnect();
  }, [index]);
  return (
    <div ref={box} role="row" class="grid-unfolded">
      <div role="gridcell">{children}</div>
    </div>
  );
}
