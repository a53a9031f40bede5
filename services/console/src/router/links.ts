import type { Router } from './router.js';

/** What the gateway answers itself. */
const elsewhere = /^\/(api|docs)(\/|$)|^\/(openapi|asyncapi)\.json$/;

/** For a click anywhere: follows links to our own paths, and leaves every other to the browser. Links are plain <a href>. */
export function followLinks({ router, origin }: { router: Router; origin: string }): (event: MouseEvent) => void {
  return (event) => {
    const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    const link = (event.target as Element | null)?.closest?.('a[href]') as HTMLAnchorElement | null;
    if (!plain || event.defaultPrevented || !link || link.target || link.hasAttribute('download')) return;
    const to = new URL(link.href);
    if (to.origin !== origin || elsewhere.test(to.pathname) || to.hash !== '') return;
    event.preventDefault();
    router.go(to.pathname + to.search);
  };
}
