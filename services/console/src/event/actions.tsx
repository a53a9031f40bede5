import type { ComponentChildren } from 'preact';
import { useApp } from '../shell/app.js';
import { Actions } from '../ui/actions.js';
import { exploreHref } from './links.js';

/** For values outside of Explore: filtering by one leads there. */
export function ExploreActions({ system, children }: { system: boolean; children: ComponentChildren }) {
  const { copy, router } = useApp();
  return (
    <Actions.Provider
      value={{
        copy,
        include: (field, value) => router.go(exploreHref({ [field]: value }, system)),
        exclude: (field, value) => router.go(exploreHref({ [`not.${field}`]: value }, system)),
      }}
    >
      {children}
    </Actions.Provider>
  );
}
