import type { AuditProblem, ProblemDocument } from '../../client/errors.js';
import { CliError, exitCodes } from '../errors.js';
import { pointAt } from './caret.js';

const mostErrors = 5;

/** The gateway refused, in words for a person. */
export class Refused extends CliError {
  readonly problem: ProblemDocument;
  /** When the gateway asks to come again, in ms. */
  readonly retryAfterMs: number | undefined;

  constructor(error: AuditProblem, asked: { q: string | undefined; width: number }) {
    super('refused', describe(error.problem, asked), { retriable: error.retriable, cause: error });
    this.name = 'Refused';
    this.problem = error.problem;
    this.retryAfterMs = error.retryAfterMs;
  }

  /** A filter or a rule that the gateway cannot read is a command line that is not understood, whoever reads it. */
  override get exitCode(): number {
    const { status, errors, kind } = this.problem;
    if (kind === 'invalid-rule') return exitCodes.usage;
    return status === 400 && errors.some(({ parameter }) => parameter !== undefined)
      ? exitCodes.usage
      : exitCodes.failed;
  }
}

function describe(problem: ProblemDocument, { q, width }: { q: string | undefined; width: number }): string {
  const { status, title, detail, errors } = problem;
  const what = title && detail ? `${title}: ${detail}` : title || detail || `The gateway answered ${status}.`;
  const inQuery = errors.find(({ parameter, position }) => parameter === 'q' && position !== undefined);
  const shown = q === undefined || !inQuery ? [] : pointAt(q, inQuery.position!, width);
  const places = errors.filter((error) => !what.includes(error.detail));
  const lines = places.slice(0, mostErrors).map(({ pointer, parameter, line, column, detail: where }) => {
    const at = line === undefined ? (pointer ?? parameter) : `line ${line}, column ${column}`;
    return at ? `  ${at}: ${where}` : `  ${where}`;
  });
  if (places.length > mostErrors) lines.push(`  and ${places.length - mostErrors} more`);
  return [what, ...shown, ...lines, ...advice(problem)].join('\n');
}

function advice({ status, kind, extensions: { required_permission } }: ProblemDocument): string[] {
  if (status === 401)
    return ['Check --api-key-file or SEALSTREAM_API_KEY; keys are made with `sealstream keys create`.'];
  if (kind === 'forbidden') {
    const needed = typeof required_permission === 'string' ? ` (${required_permission})` : '';
    return [`Use a key that permits this${needed}; \`sealstream keys list\` shows what each permits.`];
  }
  if (kind === '' && status === 404) return ['Is that the URL of a Sealstream gateway?'];
  return [];
}
