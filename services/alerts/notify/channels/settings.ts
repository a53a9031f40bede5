import { Type } from 'typebox';
import type { ChannelFault } from '../errors.js';
import type { TargetGuard } from '../target/guard.js';

/** Settings that several kinds have. */
export const Url = (description: string) => Type.String({ minLength: 8, maxLength: 2_048, description });

export function urlFaults(pointer: string, text: string, guard: TargetGuard): ChannelFault[] {
  if (!URL.canParse(text)) return [{ pointer, detail: 'is no URL' }];
  const detail = guard.refusesUrl(new URL(text));
  return detail === undefined ? [] : [{ pointer, detail }];
}

/** Where of two addresses the same may be sent to. */
export const originOf = (text: string): string => (URL.canParse(text) ? new URL(text).origin : text);

export const oneOf = <T extends readonly string[]>(names: T, description: string) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...names], description });
