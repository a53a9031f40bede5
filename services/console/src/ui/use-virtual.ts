import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
  type VirtualizerOptions,
} from '@tanstack/virtual-core';
import { useLayoutEffect, useMemo, useState } from 'preact/hooks';

export type Virtual = Virtualizer<HTMLDivElement, Element>;

/** Of a row and of the head. */
export const rowPx = 28;
const overscan = 6;

/** Which rows of `count` are in sight of the frame, and where they stand. */
export function useVirtual(
  frame: { current: HTMLDivElement | null },
  count: number,
  getItemKey: (index: number) => string | number,
): Virtual {
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
      scrollPaddingStart: rowPx,
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
