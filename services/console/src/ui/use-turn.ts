import { useEffect, useRef, useState } from 'preact/hooks';
import type { Turns } from './turns.js';

/** What was wanted last, as soon as its turn has come; until then, what was wanted before. */
export function useTurn<T>(wanted: T, turns: Turns): T {
  const [, again] = useState(0);
  const kept = useRef(wanted);
  useEffect(() => () => turns.leave(kept), []);
  if (kept.current !== wanted && turns.take(kept, () => again((times) => times + 1))) kept.current = wanted;
  return kept.current;
}
