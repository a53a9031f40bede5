import type { ComponentType, VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { asProblem, type Problem } from '../api/problem.js';
import { LoadingRows, ProblemState } from './states.js';

/** A part of a page whose file is loaded when it is drawn first; `meanwhile` stands in its place until then. */
export function lazyPart<P extends object>(
  load: () => Promise<{ default: ComponentType<P> }>,
  meanwhile: VNode = <LoadingRows rows={3} />,
): ComponentType<P> {
  return function Part(props: P) {
    const [loaded, setLoaded] = useState<{ component: ComponentType<P> }>();
    const [problem, setProblem] = useState<Problem>();
    const [tried, setTried] = useState(0);
    useEffect(() => {
      setProblem(undefined);
      load().then(
        (file) => setLoaded({ component: file.default }),
        (error: unknown) => setProblem(asProblem(error)),
      );
    }, [tried]);
    if (problem) return <ProblemState problem={problem} again={() => setTried(tried + 1)} />;
    return loaded ? <loaded.component {...props} /> : meanwhile;
  };
}
