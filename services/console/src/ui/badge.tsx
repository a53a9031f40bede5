import './badge.css';
import type { ComponentChildren } from 'preact';
import type { Outcome } from '../api/types.js';
import { Icon } from './icon.js';

export type Tone = 'good' | 'bad' | 'warn' | 'note' | 'plain';
/** Each drawn differently, so that no one has to see its colour. */
export type Shape = 'disc' | 'cross' | 'bar' | 'triangle' | 'half' | 'ring' | 'diamond';

const shapes: Readonly<Record<Shape, string>> = {
  disc: 'M5 1a4 4 0 1 1 0 8a4 4 0 0 1 0-8z',
  cross: 'M2.4 1L5 3.6 7.6 1 9 2.4 6.4 5 9 7.6 7.6 9 5 6.4 2.4 9 1 7.6 3.6 5 1 2.400z',
  bar: 'M5 .5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9zM2.5 4v2h5V4z',
  triangle: 'M5 1l4.5 8h-9z',
  half: 'M5 1a4 4 0 1 1 0 8a4 4 0 0 1 0-8zM5 2.300v5.400a2.7 2.7 0 0 0 0-5.400z',
  ring: 'M5 1a4 4 0 1 1 0 8a4 4 0 0 1 0-8zM5 2.500a2.5 2.5 0 1 0 0 5a2.5 2.5 0 0 0 0-5z',
  diamond: 'M5 .5L9.5 5 5 9.5 .5 5z',
};

/** A word with a shape. `ground` sets it off where it stands alone; in tables it is without. */
export function Badge({
  tone,
  shape,
  ground = false,
  quiet = false,
  children,
}: {
  tone: Tone;
  shape: Shape;
  ground?: boolean;
  /** Only its shape has the colour: for what is usual, so that what is not stands out. */
  quiet?: boolean;
  children: ComponentChildren;
}) {
  return (
    <span class={`badge ${tone}${ground ? ' ground' : ''}${quiet ? ' quiet' : ''}`}>
      <svg viewBox="0 0 10 10" fill="currentColor" fill-rule="evenodd" aria-hidden="true">
        <path d={shapes[shape]} />
      </svg>
      {children}
    </span>
  );
}

const outcomes: Readonly<Record<Outcome, { tone: Tone; shape: Shape; word: string }>> = {
  success: { tone: 'good', shape: 'disc', word: 'success' },
  failure: { tone: 'bad', shape: 'cross', word: 'failure' },
  denied: { tone: 'warn', shape: 'bar', word: 'denied' },
  validation_failed: { tone: 'note', shape: 'triangle', word: 'invalid' },
  partial: { tone: 'warn', shape: 'half', word: 'partial' },
};

export function OutcomeBadge({ outcome, ground = false }: { outcome: Outcome; ground?: boolean }) {
  const { tone, shape, word } = outcomes[outcome] ?? { tone: 'plain', shape: 'ring', word: outcome };
  return <Badge {...{ tone, shape, ground, quiet: tone === 'good' && !ground }}>{word}</Badge>;
}

export type Level = 'informational' | 'low' | 'medium' | 'high' | 'critical';
const levels: Readonly<Record<Level, { tone: Tone; shape: Shape }>> = {
  informational: { tone: 'plain', shape: 'ring' },
  low: { tone: 'plain', shape: 'half' },
  medium: { tone: 'note', shape: 'diamond' },
  high: { tone: 'warn', shape: 'triangle' },
  critical: { tone: 'bad', shape: 'cross' },
};

export function LevelBadge({ level, ground = false }: { level: Level; ground?: boolean }) {
  const { tone, shape } = levels[level] ?? levels.informational;
  return <Badge {...{ tone, shape, ground }}>{level}</Badge>;
}

/** Something chosen, that can be taken back. `out` is for what is left out. */
export function Pill({
  name,
  value,
  out = false,
  onRemove,
}: {
  name: string;
  value: string;
  out?: boolean;
  onRemove?: () => void;
}) {
  const says = `${out ? 'not ' : ''}${name}: ${value}`;
  return (
    <span class={`pill ${out ? 'out' : ''}`} title={says}>
      <span class="cut">
        <span class="faint">
          {out && <b>not </b>}
          {name}{' '}
        </span>
        <b>{value}</b>
      </span>
      {onRemove && (
        <button type="button" aria-label={`Remove ${says}`} onClick={onRemove}>
          <Icon name="close" size={12} />
        </button>
      )}
    </span>
  );
}
