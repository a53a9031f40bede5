import './shell.css';
import { useEffect, useState } from 'preact/hooks';
import type { Page } from '../pages.js';
import { findPath } from '../router/paths.js';
import { Actions } from '../ui/actions.js';
import { Icon } from '../ui/icon.js';
import { ProblemState } from '../ui/states.js';
import { Now } from '../ui/time.js';
import { ToastList } from '../ui/toast.js';
import { DropTarget } from '../verify/drop-target.js';
import { type App, AppContext, useApp, useKeys } from './app.js';
import { Navigation, TopBar } from './navigation.js';
import { PageFrame } from './page-frame.js';
import { Help, Palette } from './palette.js';
import { Printed } from './printed.js';
import { SignIn } from './sign-in.js';

/** Everything on screen: the sign-in, or the frame with a page in it. */
export function Shell({ app, pages }: { app: App; pages: readonly Page[] }) {
  return (
    <AppContext.Provider value={app}>
      <Now.Provider value={app.now}>
        <Actions.Provider value={{ copy: app.copy }}>
          <Inside pages={pages} />
          <ToastList toasts={app.toasts} />
        </Actions.Provider>
      </Now.Provider>
    </AppContext.Provider>
  );
}

function Inside({ pages }: { pages: readonly Page[] }) {
  const { sessions } = useApp();
  const state = sessions.state.value;
  if (state.status === 'starting') return null;
  if (state.status === 'signed-out') return <SignIn why={state.why} />;
  if (state.status === 'unknown')
    return <ProblemState level={1} problem={state.problem} again={() => void sessions.start()} />;
  return <Frame pages={pages} />;
}

function Frame({ pages }: { pages: readonly Page[] }) {
  const { router, reachable, sessions } = useApp();
  const [menu, setMenu] = useState(false);
  const [over, setOver] = useState<'palette' | 'help'>();
  const path = router.path.value;
  const found = findPath(pages, path);
  useEffect(() => setMenu(false), [path]);
  useKeys([
    { key: 'mod+k', does: 'Go to a page or command', run: () => setOver('palette') },
    { key: '?', does: 'Show the keys', run: () => setOver('help') },
  ]);
  return (
    <div class="shell">
      <a class="skip" href="#page">
        To the page
      </a>
      <TopBar open={menu} onMenu={() => setMenu(!menu)} />
      {menu && <button type="button" class="side-shade" aria-label="Close" onClick={() => setMenu(false)} />}
      <Navigation pages={pages} current={found?.page} open={menu} onHelp={() => setOver('help')} />
      <div class="main">
        <div>
          <Printed />
          {!reachable.value && (
            <p class="banner" role="status">
              <Icon name="offline" /> The gateway cannot be reached. What is shown may be old; trying again.
            </p>
          )}
        </div>
        {/* Of another organization nothing may stay on screen. */}
        <PageFrame key={sessions.organization.value ?? ''} page={found?.page} parameters={found?.parameters ?? {}} />
      </div>
      <DropTarget />
      {over === 'palette' && <Palette pages={pages} onClose={() => setOver(undefined)} />}
      {over === 'help' && <Help onClose={() => setOver(undefined)} />}
    </div>
  );
}
