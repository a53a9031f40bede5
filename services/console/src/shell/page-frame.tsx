import { Component, type ComponentChildren, type ComponentType } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useLoad } from '../api/load.js';
import { asProblem, Problem } from '../api/problem.js';
import type { Page, PageProps } from '../pages.js';
import type { PathParameters } from '../router/paths.js';
import { ButtonLink } from '../ui/button.js';
import { LoadingRows, LockedState, ProblemState, State, Titled } from '../ui/states.js';
import { useApp } from './app.js';

/** One page: loads it, says what is missing to see it, shows what went wrong within it, and takes the focus when it is come to. */
export function PageFrame({ page, parameters }: { page: Page | undefined; parameters: PathParameters }) {
  const { sessions, router } = useApp();
  const main = useRef<HTMLElement>(null);
  const visits = router.visits.value;
  useEffect(() => {
    document.title = `${page?.title ?? 'Nothing here'} · Sealstream`;
    if (visits > 0) main.current?.focus();
  }, [visits, page]);
  const locked = page?.permission && !page.permission.some((one) => sessions.may(one));
  return (
    <main ref={main} id="page" class="page" tabIndex={-1}>
      {page === undefined ? (
        <State level={1} icon="search" title="Nothing is here" actions={<ButtonLink href="/">To Explore</ButtonLink>}>
          <p>
            No page has the address <code>{router.path.value}</code>.
          </p>
        </State>
      ) : locked ? (
        <Titled title={page.title}>
          <LockedState permission={page.permission![0]!} />
        </Titled>
      ) : (
        <Boundary key={page.path} title={page.title}>
          {typeof page.component === 'function' ? (
            <page.component parameters={parameters} />
          ) : (
            <Loaded page={page} load={page.component.load} parameters={parameters} />
          )}
        </Boundary>
      )}
    </main>
  );
}

const loaded = new WeakMap<Page, ComponentType<PageProps>>();

function Loaded({
  page,
  load,
  parameters,
}: { page: Page; load: () => Promise<{ default: ComponentType<PageProps> }> } & PageProps) {
  const { data, problem, again } = useLoad(page.path, async () => {
    const known = loaded.get(page) ?? (await load().catch(unloaded)).default;
    loaded.set(page, known);
    return { component: known };
  });
  const Known = data?.component ?? loaded.get(page);
  if (Known && !problem) return <Known parameters={parameters} />;
  return (
    <Titled title={page.title}>
      {problem ? <ProblemState problem={problem} again={again} /> : <LoadingRows label={`Loading ${page.title}`} />}
    </Titled>
  );
}

/** The gateway is away, or was renewed and has other files now. */
function unloaded(): never {
  throw new Problem({
    kind: 'offline',
    status: 0,
    title: 'The page could not be loaded',
    detail:
      'Its files did not come: the connection or the gateway is away, or the console was renewed meanwhile; then load it anew in the browser.',
  });
}

/** A fault while drawing costs the page, not the console. */
class Boundary extends Component<{ title: string; children: ComponentChildren }, { problem?: Problem }> {
  override state: { problem?: Problem } = {};

  static override getDerivedStateFromError(error: unknown): { problem: Problem } {
    return { problem: asProblem(error) };
  }

  override render() {
    const { problem } = this.state;
    if (!problem) return this.props.children;
    return (
      <Titled title={this.props.title}>
        <ProblemState problem={problem} again={() => this.setState({ problem: undefined })} />
      </Titled>
    );
  }
}
