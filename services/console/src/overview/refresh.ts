import { useEffect, useRef } from 'preact/hooks';

/** Runs again and again while the page can be seen; at once when it is come back to after longer than that. */
export function useRefresh(run: () => void, everyMs: number): void {
  const newest = useRef(run);
  newest.current = run;
  useEffect(() => {
    let at = Date.now();
    const again = (): void => {
      at = Date.now();
      newest.current();
    };
    let timer: ReturnType<typeof setInterval> | undefined;
    const follow = (): void => {
      clearInterval(timer);
      if (document.visibilityState === 'hidden') return;
      if (Date.now() - at >= everyMs) again();
      timer = setInterval(again, everyMs);
    };
    follow();
    document.addEventListener('visibilitychange', follow);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', follow);
    };
  }, [everyMs]);
}
