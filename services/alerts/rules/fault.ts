/** Why a rule is refused. Codes stay; messages may change. */
export const faultCodes = [
  'syntax',
  'limit',
  'missing',
  'invalid',
  'unknown_key',
  'unknown_modifier',
  'unsupported',
  'unknown_field',
  'unknown_log_source',
  'unknown_selection',
  'unknown_rule',
  'ambiguous_rule',
  'cyclic_rules',
  'duplicate_rule',
] as const;
export type FaultCode = (typeof faultCodes)[number];

/** Something in a rule's text that it cannot be run with, or (as a warning) that it may not be meant like. */
export interface RuleFault {
  /** What the text is called. */
  source: string;
  /** From 1, both. */
  line: number;
  column: number;
  code: FaultCode;
  message: string;
}

/** Thrown where one document is read. `offset` is in its text. */
export class Refused extends Error {
  readonly code: FaultCode;
  readonly offset: number;

  constructor(code: FaultCode, message: string, { offset }: { offset: number }) {
    super(message);
    this.name = 'Refused';
    this.code = code;
    this.offset = offset;
  }
}
