import './virtual-table.css';
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ColumnGrip } from './column-grip.js';
import { useNearCell } from './near-cell.js';
import { createSlots } from './slots.js';
import { createTurns } from './turns.js';
import { rowPx, useVirtual } from './use-virtual.js';
import { columnStyle, Unfolded, VirtualRow } from './virtual-row.js';

export interface GridColumn<R> {
  name: string;
  label: string;
  /** In pixels, until it is resized. */
  width: number;
  /** Takes what room is left over. */
  grow?: boolean;
  /** In letters of one width. */
  mono?: boolean;
  /** Text, or little more: it is drawn anew with every row that comes. What has a state of its own belongs to `tools`. */
  cell: (row: R) => ComponentChildren;
  /** All of the text, for a cell that may cut it. */
  title?: (row: R) => string | undefined;
  /** What can be done with it: made while the pointer is in the cell. */
  tools?: (row: R) => ComponentChildren;
}

export interface VirtualTableProps<R> {
  label: string;
  columns: readonly GridColumn<R>[];
  rows: readonly R[];
  keyOf: (row: R) => string;
  /** Widths that were dragged, by column. */
  widths: Readonly<Record<string, number>>;
  onResize: (column: string, width: number) => void;
  /** The row that the keyboard is at; -1 for none. */
  cursor: number;
  onCursor: (index: number) => void;
  onOpen: (row: R) => void;
  /** What unfolds below a row, and of which rows, by key; the arrows to the right and left unfold and fold. */
  expansion?: {
    expanded: ReadonlySet<string>;
    onExpand: (row: R, expand: boolean) => void;
    draw: (row: R) => ComponentChildren;
  };
  /** The end comes into sight. */
  onEnd?: () => void;
  /** How many there are, where more are known of than are here. */
  total?: number;
  foot?: ComponentChildren;
  /** Whether the rows are to stay where they are, whenever that changes: the first one is out of sight, or a menu lies open. */
  onStay?: (stay: boolean) => void;
  /** Goes to the first row each time this changes. */
  toTop?: number;
}

/** So many rows before the end, the next ones are asked for. */
const nearEnd = 80;
/** So many cells change with one frame, and so many rows at least. */
const [cellsAFrame, leastRowsAFrame] = [40, 3];
const chevronPx = 20;

/** Any number of rows, of which only those in sight exist. One tab stop; arrows, Page keys, Home, End and Enter work the rows. */
export function VirtualTable<R>(props: VirtualTableProps<R>) {
  const { label, columns, rows, keyOf, widths, onResize, cursor, onCursor, onOpen, expansion, onEnd, total, foot } =
    props;
  const { onStay, toTop = 0 } = props;
  const frame = useRef<HTMLDivElement>(null);
  const anyUnfolded = (expansion?.expanded.size ?? 0) > 0;
  // Heights belong to rows, wherever they move; but as long as all are the same, places will do, which cost nothing when rows come.
  const heightKey = useMemo(
    () => (anyUnfolded ? (index: number) => keyOf(rows[index]!) : indexKey),
    [anyUnfolded && rows],
  );
  const virtual = useVirtual(frame, rows.length, heightKey);
  const items = virtual.getVirtualItems().filter(({ index }) => rows[index] !== undefined);
  const slots = useMemo(createSlots, []);
  const rowsAFrame = useRef(0);
  rowsAFrame.current = Math.max(leastRowsAFrame, Math.floor(cellsAFrame / columns.length));
  const turns = useMemo(() => createTurns(() => rowsAFrame.current, requestAnimationFrame), []);
  const slotOf = slots(items.map(({ index }) => keyOf(rows[index]!)));
  const last = items.at(-1)?.index ?? -1;

  useEffect(() => {
    if (last >= rows.length - nearEnd) onEnd?.();
  }, [last, rows.length]);
  const unfolded = expansion?.expanded;
  const before = useRef(unfolded);
  useLayoutEffect(() => {
    const folded = [...(before.current ?? [])].filter((key) => !unfolded?.has(key));
    before.current = unfolded;
    if (folded.length === 0) return;
    for (const [index, row] of rows.entries()) if (folded.includes(keyOf(row))) virtual.resizeItem(index, rowPx);
  }, [unfolded]);
  // A row that only moves, because others come before it, is not run after.
  const cursorKey = rows[cursor] === undefined ? '' : keyOf(rows[cursor]);
  useEffect(() => {
    if (cursorKey !== '') virtual.scrollToIndex(cursor, { align: 'auto' });
  }, [cursorKey]);
  const [open, setOpen] = useState(false);
  const { near, ...nearness } = useNearCell(open);
  const stay = open || (virtual.scrollOffset ?? 0) >= rowPx;
  useEffect(() => onStay?.(stay), [stay]);
  useEffect(() => {
    if (toTop > 0) virtual.scrollToOffset(0);
  }, [toTop]);

  const widthOf = ({ name, width }: GridColumn<R>): number => widths[name] ?? width;
  const whole = columns.reduce((sum, column) => sum + widthOf(column), 0) + 32 + (expansion ? chevronPx : 0);
  const tracks = columns.map((column, at) => [`--column-${at}`, `${column.grow ? 1 : 0} 0 ${widthOf(column)}px`]);
  const page = Math.max(1, Math.floor((frame.current?.clientHeight ?? 0) / rowPx) - 2);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== frame.current || event.metaKey || event.ctrlKey || event.altKey) return;
    const to = targetOf(event.key, cursor, rows.length, page);
    const row = rows[cursor];
    const fold = event.key === 'ArrowLeft' ? false : event.key === 'ArrowRight' ? true : undefined;
    if (to !== undefined) onCursor(to);
    else if (fold !== undefined && expansion && row) expansion.onExpand(row, fold);
    else if (event.key === 'Enter' && rows[cursor]) onOpen(rows[cursor]);
    else return;
    event.preventDefault();
  };

  const onClick = (event: MouseEvent): void => {
    const at = event.target as Element;
    const key = at.closest<HTMLElement>('.grid-item')?.dataset.key;
    const index = rows.findIndex((one) => keyOf(one) === key);
    const row = rows[index];
    if (row === undefined || at.closest('.grid-unfolded')) return;
    if (at.closest('.grid-chevron')) expansion?.onExpand(row, !expansion.expanded.has(keyOf(row)));
    else if (!at.closest('a,button,input,label,[popover]')) {
      onCursor(index);
      onOpen(row);
    }
  };

  return (
    <div
      ref={frame}
      class="grid"
      role="grid"
      aria-label={label}
      aria-rowcount={(total ?? rows.length) + 1}
      aria-colcount={columns.length + (expansion ? 1 : 0)}
      tabIndex={0}
      {...(cursor >= 0 ? { 'aria-activedescendant': `row-${cursor}` } : {})}
      style={Object.fromEntries(tracks)}
      onKeyDown={onKeyDown}
      onClick={onClick}
      {...nearness}
    >
      <div role="row" class="grid-head" aria-rowindex={1} style={{ width: `${whole}px` }}>
        {expansion && (
          <div role="columnheader" class="grid-chevron">
            <span class="unseen">Unfold</span>
          </div>
        )}
        {columns.map((column, at) => (
          <div key={column.name} role="columnheader" style={columnStyle(at)}>
            <span class="cut">{column.label}</span>
            <ColumnGrip
              label={column.label}
              width={widthOf(column)}
              onResize={(width) => onResize(column.name, width)}
            />
          </div>
        ))}
      </div>
      <div role="rowgroup" class="grid-body" style={{ height: `${virtual.getTotalSize()}px`, width: `${whole}px` }}>
        {items.map(({ index, start }, at) => {
          const row = rows[index]!;
          const key = keyOf(row);
          return (
            <VirtualRow
              key={slotOf[at]}
              {...{ row, keyOf, turns, columns, index, start }}
              selected={index === cursor}
              near={near?.row === key ? near.column : undefined}
              onOpen={setOpen}
              unfolded={
                expansion &&
                (expansion.expanded.has(key) ? (
                  <Unfolded key={key} {...{ virtual, index }}>
                    {expansion.draw(row)}
                  </Unfolded>
                ) : null)
              }
            />
          );
        })}
      </div>
      {foot && <div class="grid-foot">{foot}</div>}
    </div>
  );
}

const indexKey = (index: number): number => index;

function targetOf(key: string, at: number, count: number, page: number): number | undefined {
  const within = (index: number): number => Math.max(0, Math.min(count - 1, index));
  if (count === 0) return undefined;
  if (key === 'ArrowDown') return within(at + 1);
  if (key === 'ArrowUp') return within(at - 1);
  if (key === 'PageDown') return within(at + page);
  if (key === 'PageUp') return within(at - page);
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  return undefined;
}
