import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';

/** A cell of a table, by the key of its row and the name of its column. */
export interface CellPlace {
  row: string;
  column: string;
}

/**
 * Which cell the pointer is in. What can be done with a value is made there only: in every cell of a table that is drawn anew ten times a
 * second it would cost more than all else. While `stay` says so, as when a menu is open, it stays the same.
 */
export function useNearCell(stay: boolean) {
  const [near, setNear] = useState<CellPlace>();
  const onPointerOver = (event: PointerEvent): void => {
    const cell = (event.target as Element).closest<HTMLElement>('.grid-row > [data-column]');
    const item = cell?.closest<HTMLElement>('.grid-item');
    const row = item?.dataset.key;
    const column = cell?.dataset.column;
    if (stay || (row === near?.row && column === near?.column)) return;
    setNear(row === undefined || column === undefined ? undefined : { row, column });
  };
  const onPointerLeave = (event: PointerEvent): void => {
    // A finger leaves as soon as it has touched.
    if (!stay && event.pointerType !== 'touch') setNear(undefined);
  };
  return { near, onPointerOver, onPointerLeave };
}

/** Around what is made in the cell that the pointer is in; `onOpen` is told whether something of it lies open, as a menu does. */
export function NearTools({ onOpen, children }: { onOpen: (open: boolean) => void; children: ComponentChildren }) {
  const box = useRef<HTMLSpanElement>(null);
  const told = useMemo(() => ({ open: false }), []);
  useEffect(() => {
    const element = box.current!;
    const tell = (open: boolean): void => {
      if (open === told.open) return;
      told.open = open;
      onOpen(open);
    };
    const toggled = (event: Event): void => {
      const { newState, target } = event as ToggleEvent;
      if ((target as HTMLElement).popover === 'auto') tell(newState === 'open');
    };
    // It does not bubble.
    element.addEventListener('toggle', toggled, true);
    return () => {
      element.removeEventListener('toggle', toggled, true);
      tell(false);
    };
  }, []);
  return (
    <span class="grid-tools" ref={box}>
      {children}
    </span>
  );
}
