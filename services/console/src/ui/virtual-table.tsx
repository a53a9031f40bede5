import './virtual-table.css';
import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
  type VirtualizerOptions,
} from '@tanstack/virtual-core';
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';

export interface GridColumn<R> {
  name: string;
  label: string;
  /** In pixels, until it is resized. */
  width: number;
  /** Takes what room is left over. */
  grow?: boolean;
  cell: (row: R) => ComponentChildren;
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
  /** Whether the first row is in sight, whenever that changes. */
  onTop?: (atTop: boolean) => void;
  /** Goes to the first row each time this changes. */
  toTop?: number;
}

export const rowPx = 28;
const headPx = 28;
const overscan = 12;
/** So many rows before the end, the next ones are asked for. */
const nearEnd = 80;
const chevronPx = 20;
const [leastWidth, mostWidth] = [48, 1_200];

/** Any number of rows, of which only those in sight exist. One tab stop; arrows, Page keys, Home, End and Enter work the rows. */
export function VirtualTable<R>(props: VirtualTableProps<R>) {
  const { label, columns, rows, keyOf, widths, onResize, cursor, onCursor, onOpen, expansion, onEnd, total, foot } =
    props;
  const { onTop, toTop = 0 } = props;
  const frame = useRef<HTMLDivElement>(null);
  const anyUnfolded = (expansion?.expanded.size ?? 0) > 0;
  // Heights belong to rows, wherever they move; but as long as all are the same, places will do, which cost nothing when rows come.
  const heightKey = useMemo(
    () => (anyUnfolded ? (index: number) => keyOf(rows[index]!) : indexKey),
    [anyUnfolded && rows],
  );
  const virtual = useVirtual(frame, rows.length, heightKey);
  const items = virtual.getVirtualItems();
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
  const atTop = (virtual.scrollOffset ?? 0) < rowPx;
  useEffect(() => onTop?.(atTop), [atTop]);
  useEffect(() => {
    if (toTop > 0) virtual.scrollToOffset(0);
  }, [toTop]);

  const widthOf = ({ name, width }: GridColumn<R>): number => widths[name] ?? width;
  const whole = columns.reduce((sum, column) => sum + widthOf(column), 0) + 32 + (expansion ? chevronPx : 0);
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
      onKeyDown={onKeyDown}
    >
      <div role="row" class="grid-head" aria-rowindex={1}>
        {expansion && (
          <div role="columnheader" class="grid-chevron">
            <span class="unseen">Unfold</span>
          </div>
        )}
        {columns.map((column) => (
          <div
            key={column.name}
            role="columnheader"
            class={column.grow ? 'grow' : ''}
            style={{ width: `${widthOf(column)}px` }}
          >
            <span class="cut">{column.label}</span>
            <Grip label={column.label} width={widthOf(column)} onResize={(width) => onResize(column.name, width)} />
          </div>
        ))}
      </div>
      <div role="rowgroup" class="grid-body" style={{ height: `${virtual.getTotalSize()}px`, width: `${whole}px` }}>
        {items.map(({ index, start }) => {
          const row = rows[index];
          if (row === undefined) return null;
          const key = keyOf(row);
          const open = expansion?.expanded.has(key) === true;
          return (
            <div
              key={key}
              data-index={index}
              role="presentation"
              class="grid-item"
              style={{ transform: `translateY(${start}px)` }}
            >
              <div
                id={`row-${index}`}
                role="row"
                class="grid-row"
                aria-rowindex={index + 2}
                aria-selected={index === cursor}
                onClick={(event) => {
                  if ((event.target as Element).closest('a,button,input,label')) return;
                  onCursor(index);
                  onOpen(row);
                }}
              >
                {expansion && (
                  <div role="gridcell" class="grid-chevron">
                    <button
                      type="button"
                      tabIndex={-1}
                      aria-expanded={open}
                      aria-label={open ? 'Fold' : 'Unfold'}
                      onClick={() => expansion.onExpand(row, !open)}
                    />
                  </div>
                )}
                {columns.map((column) => (
                  <div
                    key={column.name}
                    role="gridcell"
                    class={column.grow ? 'grow' : ''}
                    style={{ width: `${widthOf(column)}px` }}
                  >
                    {column.cell(row)}
                  </div>
                ))}
              </div>
              {open && <Unfolded virtual={virtual} index={index} draw={() => expansion!.draw(row)} />}
            </div>
          );
        })}
      </div>
      {foot && <div class="grid-foot">{foot}</div>}
    </div>
  );
}

/** Below its row, as wide as the table is seen; its height is measured, and forgotten when it goes. */
function Unfolded({
  virtual,
  index,
  draw,
}: {
  virtual: Virtualizer<HTMLDivElement, Element>;
  index: number;
  draw: () => ComponentChildren;
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
      <div role="gridcell">{draw()}</div>
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

function useVirtual(
  frame: { current: HTMLDivElement | null },
  count: number,
  getItemKey: (index: number) => string | number,
): Virtualizer<HTMLDivElement, Element> {
  const [, draw] = useState(0);
  const virtual = useMemo(() => {
    const options: VirtualizerOptions<HTMLDivElement, Element> = {
      count: 0,
      getScrollElement: () => frame.current,
      estimateSize: () => rowPx,
      scrollToFn: elementScroll,
      observeElementRect,
      observeElementOffset,
      overscan,
      scrollPaddingStart: headPx,
      initialRect: { width: 1_000, height: 800 },
      onChange: () => draw((drawn) => drawn + 1),
    };
    return new Virtualizer(options);
  }, []);
  virtual.setOptions({ ...virtual.options, count, getItemKey });
  useLayoutEffect(() => virtual._didMount(), []);
  useLayoutEffect(() => virtual._willUpdate());
  return virtual;
}

/** The edge of a column: to be dragged, or moved by the arrows. */
function Grip({ label, width, onResize }: { label: string; width: number; onResize: (width: number) => void }) {
  const resize = (to: number): void => onResize(Math.round(Math.max(leastWidth, Math.min(mostWidth, to))));
  const onPointerDown = (event: PointerEvent): void => {
    event.preventDefault();
    const grip = event.currentTarget as HTMLElement;
    const fromX = event.clientX;
    grip.setPointerCapture(event.pointerId);
    const onMove = (moved: PointerEvent): void => resize(width + moved.clientX - fromX);
    grip.addEventListener('pointermove', onMove);
    grip.addEventListener('pointerup', () => grip.removeEventListener('pointermove', onMove), { once: true });
  };
  return (
    <span
      class="grid-grip"
      role="separator"
      aria-orientation="vertical"
      aria-label={`Width of ${label}`}
      aria-valuenow={width}
      aria-valuemin={leastWidth}
      aria-valuemax={mostWidth}
      tabIndex={-1}
      onPointerDown={onPointerDown}
      onKeyDown={(event) => {
        if (event.key === 'ArrowLeft') resize(width - 16);
        else if (event.key === 'ArrowRight') resize(width + 16);
        else return;
        event.stopPropagation();
      }}
    />
  );
}
