import './drop-target.css';
import { useEffect, useState } from 'preact/hooks';
import { useApp } from '../shell/app.js';
import { Icon } from '../ui/icon.js';

const hasFiles = ({ dataTransfer }: DragEvent): boolean => dataTransfer?.types.includes('Files') ?? false;

/** Files dropped anywhere are taken for evidence: they are opened on the page that verifies, and go nowhere else. */
export function DropTarget() {
  const { dropped, router } = useApp();
  const [over, setOver] = useState(false);
  useEffect(() => {
    // Entering a child comes before leaving its parent.
    let depth = 0;
    const onEnter = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      depth++;
      setOver(true);
    };
    const onLeave = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    // Without it the browser would leave the console and show the file.
    const onOver = (event: DragEvent): void => {
      if (hasFiles(event)) event.preventDefault();
    };
    const onDrop = (event: DragEvent): void => {
      depth = 0;
      setOver(false);
      if (!hasFiles(event)) return;
      event.preventDefault();
      dropped.value = [...(event.dataTransfer?.files ?? [])];
      document.querySelector<HTMLDialogElement>('dialog[open]')?.dispatchEvent(new Event('cancel'));
      router.go('/verify');
    };
    const listeners = { dragenter: onEnter, dragleave: onLeave, dragover: onOver, drop: onDrop } as const;
    const named = Object.entries(listeners) as [keyof typeof listeners, (event: DragEvent) => void][];
    for (const [type, listener] of named) addEventListener(type, listener);
    return () => {
      for (const [type, listener] of named) removeEventListener(type, listener);
    };
  }, []);
  if (!over) return null;
  return (
    <div class="drop-over" role="status">
      <div>
        <Icon name="integrity" size={32} />
        <h2>Drop to verify</h2>
        <p>A bundle is judged here, in the browser. It is sent nowhere.</p>
      </div>
    </div>
  );
}
