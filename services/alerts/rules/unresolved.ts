import type { RuleFault } from './fault.js';

/** Thrown within one rule; the rules that refer to it fail with it. */
export class Unresolved extends Error {
  readonly fault: RuleFault;
  constructor(fault: RuleFault) {
    super(fault.message);
    this.name = 'Unresolved';
    this.fault = fault;
  }
}
