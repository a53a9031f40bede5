/** What is checked of a row, in this order; the first that fails is named. */
export const signatureSteps = [
  /** The Kafka record that the row names is there, once, and took the event in. */
  'record',
  /** The record's header reads, and the record's own columns say what it says. */
  'header',
  /** The key was registered when the record was judged, and may speak for the event's organization. */
  'key',
  /** The signature over the header. */
  'signature',
  /** The stored leaves give the root that the header signs. */
  'root',
  /** The row, encoded again, gives the stored leaf at its index. */
  'leaf',
  /** The row's sequence, lane and append time are the record's. */
  'place',
] as const;

export type SignatureStep = (typeof signatureSteps)[number];

/** Thrown by a step; becomes the check's answer. */
export class StepFailure extends Error {
  readonly step: SignatureStep;
  constructor(step: SignatureStep, detail: string) {
    super(detail);
    this.step = step;
  }
}
