import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { rowPx, type Virtual } from './use-virtual.js';
import type { GridColumn } from './virtual-table.js';

/** A row in its place. As long as nothing of it changes, it is not looked at again, however often the table is. */
export function VirtualRow<R>({
  row,
  columns,
  index,
  start,
  selected,
  unfolded,
}: {
  row: R;
  columns: readonly GridColumn<R>[];
  index: number;
  /** From the top of all rows, in pixels. */
  start: number;
  selected: boolean;
  /** What is unfolded below it; null where it could be; undefined where it cannot. */
  unfolded: ComponentChildren;
}) {
  const cells = useMemo(
    () =>
      columns.map(({ name, cell }) => (
        <div key={name} role="gridcell">
          {cell(row)}
        </div>
      )),
    [row, columns],
  );
  const open = Boolean(unfolded);
  return useMemo(
    () => (
      <div data-index={index} role="presentation" class="grid-item" style={{ transform: `translateY(${start}px)` }}>
        <div id={`row-${index}`} role="row" class="grid-row" aria-rowindex={index + 2} aria-selected={selected}>
          {unfolded !== undefined && (
            <div role="gridcell" class="grid-chevron">
              <button type="button" tabIndex={-1} aria-expanded={open} aria-label={open ? 'Fold' : 'Unfold'} />
            </div>
          )}
          {cells}
        </div>
        {unfolded}
      </div>
    ),
    [index, start, selected, unfolded, cells],
  );
}

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
