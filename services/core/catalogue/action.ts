import type { eventKinds } from '../wire/symbols.js';

/** A JSON Schema (draft 2020-12) within the limits of details-schema.ts. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/** Whoever may see an organization's events, or its owners only (`hiddenActions` says who counts as one). */
export const visibilities = ['all', 'owners'] as const;
export type Visibility = (typeof visibilities)[number];

/** What is known of an action before any event of it is there. */
export interface ActionDefinition {
  /** Dotted, lower case; the first word is the category. */
  readonly name: string;
  readonly kind: (typeof eventKinds)[number];
  /** One sentence. */
  readonly description: string;
  /** Of its details. Details that do not fit are flagged, never refused. */
  readonly schema: JsonSchema;
  readonly visible_to: Visibility;
  /**
   * Other names it goes by, in filters and rules as well as in events of products that call it so. A name that several actions
   * list stands for all of them.
   */
  readonly aliases: readonly string[];
}

/** What an action may be called: as events have it, dots parting the words. */
export const actionNamePattern = '^[a-z0-9][a-z0-9_.:-]*$';
export const maxActionNameLength = 128;

export const categoryOf = (action: string): string => action.split('.', 1)[0]!;
