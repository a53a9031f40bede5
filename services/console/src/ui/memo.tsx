import { Component, type ComponentType, type FunctionComponent } from 'preact';

/**
 * The same part, drawn again only when one of its properties is another one. To keep elements by `useMemo` instead would leak: Preact
 * draws copies of an element that it is given twice, and the first one holds on to the tree that it was drawn in, with all that it held.
 */
export function memo<P extends object>(Part: FunctionComponent<P>): ComponentType<P> {
  return class extends Component<P> {
    override shouldComponentUpdate(next: P): boolean {
      const names = Object.keys(next) as (keyof P)[];
      return names.length !== Object.keys(this.props).length || names.some((name) => this.props[name] !== next[name]);
    }
    override render(props: P) {
      return <Part {...props} />;
    }
  };
}
