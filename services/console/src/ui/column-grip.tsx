const [leastPx, mostPx] = [48, 1_200];

/** The edge of a column: to be dragged, or moved by the arrows. */
export function ColumnGrip({
  label,
  width,
  onResize,
}: {
  label: string;
  width: number;
  onResize: (width: number) => void;
}) {
  const resize = (to: number): void => onResize(Math.round(Math.max(leastPx, Math.min(mostPx, to))));
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
      aria-valuemin={leastPx}
      aria-valuemax={mostPx}
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
