import type { Place } from '../rules/field.js';
import type { Value } from './place.js';
import type { PlaceIndex } from './place-index.js';

/** Indexed paths of one document as a tree, so that an event's document is gone through once and no further than rules look. */
export interface PathTree {
  index: PlaceIndex | undefined;
  children: Map<string, PathTree>;
}

export const emptyTree = (): PathTree => ({ index: undefined, children: new Map() });

/** The index of a path, made where it is missing. */
export function indexAt(
  tree: PathTree,
  { path }: Extract<Place, { kind: 'document' }>,
  create: () => PlaceIndex,
): PlaceIndex {
  let at = tree;
  for (const key of path) {
    let next = at.children.get(key);
    if (!next) {
      next = emptyTree();
      at.children.set(key, next);
    }
    at = next;
  }
  at.index ??= create();
  return at.index;
}

/** Looks up every value at an indexed path, as place.ts reads them: lists are opened, lists within lists are not. */
export function lookThrough(tree: PathTree, value: Value, found: (rule: number) => void): void {
  if (Array.isArray(value)) {
    for (const item of value as Value[]) {
      tree.index?.look(item, found);
      if (!Array.isArray(item)) lookBelow(tree, item, found);
    }
    return;
  }
  tree.index?.look(value, found);
  lookBelow(tree, value, found);
}

function lookBelow({ children }: PathTree, value: Value, found: (rule: number) => void): void {
  if (children.size === 0 || typeof value !== 'object' || value === null) return;
  const object = value as Record<string, Value>;
  const keys = Object.keys(object);
  if (keys.length <= children.size) {
    for (const key of keys) {
      const child = children.get(key);
      if (child) lookThrough(child, object[key]!, found);
    }
  } else {
    for (const [key, child] of children) {
      if (Object.hasOwn(object, key)) lookThrough(child, object[key]!, found);
    }
  }
}
