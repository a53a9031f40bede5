import { Badge, type Shape, type Tone } from '../ui/badge.js';
import type { AlertState } from './types.js';
import { stateWords } from './words.js';

const looks: Readonly<Record<AlertState, { tone: Tone; shape: Shape }>> = {
  open: { tone: 'bad', shape: 'disc' },
  acknowledged: { tone: 'note', shape: 'half' },
  resolved: { tone: 'good', shape: 'ring' },
  replaced: { tone: 'plain', shape: 'ring' },
};

export function StateBadge({ state, ground = false }: { state: AlertState; ground?: boolean }) {
  const { tone, shape } = looks[state] ?? looks.replaced;
  return <Badge {...{ tone, shape, ground }}>{stateWords[state] ?? state}</Badge>;
}
