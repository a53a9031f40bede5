import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../../ui/icon.js';
import { MenuFrame, type MenuItem, MenuItems } from '../../ui/menu.js';
import type { SavedView, ViewsData } from './data.js';
import type { Asked } from './dialogs.js';
import { useSharing } from './sharing.js';

/** All views, each a link to what it asks, and below them what can be done. */
export function ViewsMenu({
  anchor,
  data,
  current,
  changed,
  hrefOf,
  onAsk,
  onKeep,
  onShare,
  onClose,
}: {
  anchor: () => Element | null;
  data: ViewsData;
  current: SavedView | undefined;
  /** In what the address is other than the open view. */
  changed: readonly string[];
  hrefOf: (view: SavedView) => string;
  onAsk: (asked: Asked) => void;
  onKeep: (view: SavedView) => void;
  onShare: () => void;
  onClose: () => void;
}) {
  const { nameOf, mayShare } = useSharing();
  const list = useRef<HTMLDivElement>(null);
  const { data: found, problem } = data.state.value;
  // Those that come after the menu has opened come before what had the focus.
  useEffect(() => {
    const first = (within: Element | null | undefined, which = ''): HTMLElement | null | undefined =>
      within?.querySelector<HTMLElement>(`.menu-item${which}`);
    const views = list.current;
    (first(views, '[aria-current]') ?? first(views) ?? first(views?.parentElement))?.focus();
  }, [found === undefined, problem === undefined]);

  const itemOf = (view: SavedView): MenuItem => ({
    label: <span title={view.name}>{view.name}</span>,
    icon: view.id === current?.id ? 'check' : view.organization_id === null ? 'star' : 'organization',
    current: view.id === current?.id,
    href: hrefOf(view),
    ...(view.organization_id === null ? {} : { note: view.mine ? 'yours' : view.owner.name }),
  });
  const actions = current
    ? actionsOf(current, { changed, href: hrefOf(current), mayShare, nameOf, onAsk, onKeep })
    : [];
  return (
    <MenuFrame anchor={anchor} align="start" label="Saved views" onClose={onClose}>
      <div class="views-list" ref={list}>
        {groupsOf(found?.views ?? []).map(({ organization, views }) => (
          <div key={organization ?? ''}>
            <div class="menu-title">{organization === null ? 'Only yours' : `Shared with ${nameOf(organization)}`}</div>
            <MenuItems items={views.map(itemOf)} onClose={onClose} />
          </div>
        ))}
        {problem ? (
          <p class="views-note bad">
            {problem.title}. {problem.detail}
          </p>
        ) : !found ? (
          <p class="views-note">Loading the views</p>
        ) : found.views.length === 0 ? (
          <p class="views-note">
            Nothing is saved yet. A view keeps the search, filters, columns, order and time, to come back to.
          </p>
        ) : (
          !found.complete && <p class="views-note">There are more views; choose an organization to see all of its.</p>
        )}
      </div>
      <div class="views-foot">
        {problem && (
          // The menu stays: what comes of it is to be seen here.
          <button type="button" class="menu-item" role="menuitem" tabIndex={-1} onClick={data.load}>
            <Icon name="refresh" />
            Try again
          </button>
        )}
        <MenuItems
          items={[
            ...actions,
            {
              label: 'Save as a new view…',
              icon: 'plus',
              note: 's',
              line: actions.length > 0,
              run: () => onAsk({ kind: 'save' }),
            },
            { label: 'Copy a link to what is seen now', icon: 'share', run: onShare },
          ]}
          onClose={onClose}
        />
      </div>
    </MenuFrame>
  );
}

/** One's own before those that are shared; by name. */
function groupsOf(views: readonly SavedView[]): { organization: string | null; views: SavedView[] }[] {
  const sorted = [...views].sort((a, b) => a.name.localeCompare(b.name));
  const organizations = [...new Set(sorted.map(({ organization_id }) => organization_id))];
  return organizations
    .sort((a, b) => (a ?? '').localeCompare(b ?? ''))
    .map((organization) => ({
      organization,
      views: sorted.filter(({ organization_id }) => organization_id === organization),
    }));
}

/** What can be done with the open view. */
function actionsOf(
  view: SavedView,
  {
    changed,
    href,
    mayShare,
    nameOf,
    onAsk,
    onKeep,
  }: {
    changed: readonly string[];
    href: string;
    mayShare: boolean;
    nameOf: (organization: string) => string;
    onAsk: (asked: Asked) => void;
    onKeep: (view: SavedView) => void;
  },
): MenuItem[] {
  const isChanged = changed.length > 0;
  const share: MenuItem[] =
    view.organization_id !== null
      ? [
          {
            label: `Share no longer with ${nameOf(view.organization_id)}…`,
            icon: 'lock',
            run: () => onAsk({ kind: 'unshare', view }),
          },
        ]
      : mayShare
        ? [{ label: 'Share with the organization…', icon: 'organization', run: () => onAsk({ kind: 'share', view }) }]
        : [];
  return [
    ...(isChanged && view.may_change
      ? [{ label: 'Update the view', icon: 'check' as const, note: changed.join(', '), run: () => onKeep(view) }]
      : []),
    ...(isChanged ? [{ label: 'Back to what was saved', icon: 'refresh' as const, href }] : []),
    ...(view.may_change
      ? [
          { label: 'Rename…', icon: 'edit' as const, run: () => onAsk({ kind: 'rename', view }) },
          ...share,
          { label: 'Delete…', icon: 'trash' as const, run: () => onAsk({ kind: 'delete', view }) },
        ]
      : []),
  ];
}
