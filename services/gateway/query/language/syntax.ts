/** What a query text says, before anything is known of the fields. Positions count UTF-16 units from 0; ends are exclusive. */
export type Expression = { kind: 'and' | 'or'; of: readonly Expression[] } | { kind: 'not'; of: Expression } | Term;

export interface Term {
  kind: 'term';
  /** Absent in free text. */
  field: FieldPath | undefined;
  comparison: Comparison | undefined;
  value: Value;
}

/** `details.region` is `details` and below it `region`. */
export interface FieldPath extends Span {
  name: string;
  below: readonly string[];
}

export const comparisons = ['>=', '<=', '>', '<'] as const;
export type Comparison = (typeof comparisons)[number];

export interface Value extends Span {
  pattern: Pattern;
  /** Written in double quotes, where `*` and `?` are themselves. */
  quoted: boolean;
}

/** Literal texts, any run of characters (`*`) and any one character (`?`). */
export type Pattern = readonly Piece[];
export type Piece = string | typeof anyRun | typeof anyOne;
export const anyRun = Symbol('*');
export const anyOne = Symbol('?');

export interface Span {
  start: number;
  end: number;
}

/** The text of a value that holds no wildcard. */
export const plainText = ({ pattern }: Value): string | undefined =>
  pattern.every((piece) => typeof piece === 'string') ? pattern.join('') : undefined;

/** `*` alone: the field says something. */
export const isAnything = ({ pattern }: Value): boolean => pattern.length === 1 && pattern[0] === anyRun;

/** A text that is no query, and where. */
export class QueryFault extends Error {
  readonly span: Span;

  constructor(message: string, span: Span) {
    super(message);
    this.name = 'QueryFault';
    this.span = span;
  }
}
