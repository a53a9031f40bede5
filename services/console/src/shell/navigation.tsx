import { groups, type Page } from '../pages.js';
import { Button } from '../ui/button.js';
import { Icon } from '../ui/icon.js';
import { Menu, type MenuItem } from '../ui/menu.js';
import { useApp } from './app.js';
import type { Theme } from './theme.js';

export const Brand = () => (
  <a class="brand" href="/">
    <img src="/icon.svg" alt="" />
    Sealstream
  </a>
);

/** The pages by group; which one is open is said, not only coloured. */
export function Navigation({
  pages,
  current,
  open,
  onHelp,
}: {
  pages: readonly Page[];
  current: Page | undefined;
  /** On narrow windows, where it lies over the page. */
  open: boolean;
  onHelp: () => void;
}) {
  const { sessions } = useApp();
  const locked = ({ permission }: Page): boolean => permission?.every((one) => !sessions.may(one)) ?? false;
  return (
    <header class={`side ${open ? 'open' : ''}`}>
      <Brand />
      <nav aria-label="Pages">
        {groups.map((group) => {
          const those = pages.filter((page) => page.group === group);
          if (those.length === 0) return null;
          return (
            <div key={group}>
              <h2>{group}</h2>
              <ul>
                {those.map((page) => (
                  <li key={page.path}>
                    <a href={page.path} {...(page === current ? { 'aria-current': 'page' as const } : {})}>
                      <Icon name={page.icon} />
                      {page.title}
                      {locked(page) && (
                        <span class="side-lock" title="Your sign-in has no permission for it">
                          <Icon name="lock" size={12} />
                          <span class="unseen">(locked)</span>
                        </span>
                      )}
                    </a>
                  </li>
                ))}
              </ul>
            </div>
          );
        })}
      </nav>
      <div class="side-foot">
        <OrganizationSwitcher />
        <Person onHelp={onHelp} />
      </div>
    </header>
  );
}

/** Whose events are looked at: one organization, or all that the sign-in permits. */
function OrganizationSwitcher() {
  const { sessions, toasts } = useApp();
  const session = sessions.session.value;
  const chosen = sessions.organization.value;
  if (!session) return null;
  const named = sessions.organizations.value;
  const ids = session.organizations === '*' ? named.map(({ id }) => id) : session.organizations;
  const nameOf = (id: string): string => named.find((one) => one.id === id)?.name ?? id;
  const choose = (id: string | undefined) => () =>
    sessions.choose(id).catch((problem: Error) => toasts.bad(problem.message));
  const all = ids.length === 1 ? nameOf(ids[0]!) : 'All organizations';
  const items: MenuItem[] = [
    { label: all, checked: chosen === undefined, run: choose(undefined) },
    ...(ids.length > 1
      ? ids.map((id, at) => ({
          label: nameOf(id),
          note: nameOf(id) === id ? '' : id,
          checked: chosen === id,
          line: at === 0,
          run: choose(id),
        }))
      : []),
  ];
  const shown = chosen === undefined ? all : nameOf(chosen);
  return (
    <Menu items={items} look="quiet" icon="organization" aria-label={`Organization: ${shown}`}>
      <span class="cut">{shown}</span>
      <Icon name="up" size={12} />
    </Menu>
  );
}

const themes: readonly { value: Theme; label: string }[] = [
  { value: 'system', label: 'Theme of the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

function Person({ onHelp }: { onHelp: () => void }) {
  const { sessions, theme, toasts } = useApp();
  const session = sessions.session.value;
  if (!session) return null;
  const items: MenuItem[] = [
    ...themes.map(({ value, label }) => ({
      label,
      checked: theme.value === value,
      run: () => {
        theme.value = value;
      },
    })),
    { label: 'Keys', icon: 'help', note: '?', line: true, run: onHelp },
    { label: 'Description of the API', icon: 'link', href: '/docs' },
    {
      label: 'Sign out',
      icon: 'signout',
      line: true,
      run: () => void sessions.signOut().catch((problem: Error) => toasts.bad(problem.message)),
    },
  ];
  return (
    <Menu items={items} look="quiet" icon="person" aria-label={`${session.name}: theme, keys, sign out`}>
      <span class="cut">{session.name}</span>
      <Icon name="up" size={12} />
    </Menu>
  );
}

/** What stands at the top of narrow windows. */
export const TopBar = ({ onMenu, open }: { onMenu: () => void; open: boolean }) => (
  <header class="top">
    <Button look="quiet" icon="menu" label="Pages" aria-expanded={open} onClick={onMenu} />
    <Brand />
  </header>
);
