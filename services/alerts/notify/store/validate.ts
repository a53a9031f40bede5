import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { type ValidationFault, validationParts } from '../../../core/validation.js';
import { type ChannelKindName, channelKindNames } from '../channels/kind.js';
import { channelKinds } from '../channels/kinds.js';
import { type ChannelFault, invalidChannel } from '../errors.js';
import type { TargetGuard } from '../target/guard.js';
import { parseTemplate } from '../text/template.js';
import { variable, variableNames } from '../text/variables.js';
import { ChannelEnvelope } from './schema.js';

const mostFaults = 20;

interface Validator {
  Check(value: unknown): boolean;
  Errors(value: unknown): unknown[];
}

const compiled = (schema: TSchema): Validator => Compile(schema) as unknown as Validator;
const isEnvelope = compiled(ChannelEnvelope);
const isSettings = Object.fromEntries(
  channelKindNames.map((kind) => [kind, compiled(channelKinds[kind].schema)]),
) as Record<ChannelKindName, Validator>;

/** Throws `channel_invalid` for what no schema takes. */
export function readEnvelope(input: unknown): ChannelEnvelope {
  if (!isEnvelope.Check(input)) throw invalidChannel(schemaFaults(isEnvelope, input, ''));
  return input as ChannelEnvelope;
}

/** Settings with all their secrets, and templates. Faults carry no values: they may be secrets. Throws `channel_invalid`. */
export function checkChannel(
  {
    kind,
    group_seconds = 0,
    group_by = [],
    templates = {},
    settings,
  }: Pick<ChannelEnvelope, 'kind' | 'group_seconds' | 'group_by' | 'templates' | 'settings'>,
  guard: TargetGuard,
): void {
  const faults = [
    ...(isSettings[kind].Check(settings)
      ? channelKinds[kind]
          .faults(settings, guard)
          .map(({ pointer, detail }) => ({ pointer: `/settings${pointer}`, detail }))
      : schemaFaults(isSettings[kind], settings, '/settings')),
    ...groupFaults(kind, group_seconds, group_by),
    ...(['title', 'body'] as const).flatMap((name) => templateFaults(`/templates/${name}`, templates[name])),
  ];
  if (faults.length > 0) throw invalidChannel(faults.slice(0, mostFaults));
}

function groupFaults(kind: ChannelKindName, seconds: number, by: readonly string[]): ChannelFault[] {
  const unknown = by.findIndex((name) => !variable(name));
  return [
    ...(seconds > 0 && channelKinds[kind].grouping.listed === 1
      ? [{ pointer: '/group_seconds', detail: `has to be 0: ${kind} takes every alert by itself` }]
      : []),
    ...(unknown < 0 ? [] : [{ pointer: `/group_by/${unknown}`, detail: `is none of ${variableNames.join(', ')}` }]),
    ...(by.length > 0 && seconds === 0
      ? [{ pointer: '/group_by', detail: 'needs group_seconds: nothing waits for anything else' }]
      : []),
  ];
}

function templateFaults(pointer: string, source: string | undefined): ChannelFault[] {
  const parsed = source === undefined ? undefined : parseTemplate(source);
  if (!parsed || 'template' in parsed) return [];
  return parsed.faults.map(({ line, column, detail }) => ({
    pointer,
    detail: `line ${line}, column ${column}: ${detail}`,
  }));
}

const schemaFaults = (validator: Validator, input: unknown, base: string): ChannelFault[] =>
  validationParts(validator.Errors(input) as ValidationFault[], base);
