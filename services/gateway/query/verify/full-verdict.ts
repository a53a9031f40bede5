import { isTampering } from '../../../core/verify/failures.js';
import type { LogChecks, NoLogChecks } from './log-checks.js';
import type { Verdict } from './verify.js';

/** All four checks of an event, none of them merged into another. */
export type FullVerdict = Omit<Verdict, 'checks'> & {
  checks: Pick<Verdict['checks'], 'signature'> & (LogChecks | NoLogChecks);
};

/** `verified`: the signature holds, and nothing of the rest contradicts it. What is not available takes nothing away. */
export function withLogChecks(verdict: Verdict, log: LogChecks | NoLogChecks): FullVerdict {
  const { signature } = verdict.checks;
  const checks = { signature, ...log };
  const contradicted = Object.values(log).find(
    (check) => check.available && 'failed' in check && check.failed !== null && isTampering(check.failed),
  );
  if (contradicted && 'message' in contradicted && verdict.verified) {
    return {
      ...verdict,
      checks,
      status: 'failed',
      verified: false,
      message: `Verification failed: ${contradicted.message}.`,
    };
  }
  return { ...verdict, checks, message: verdict.verified ? inOneSentence(verdict.message, log) : verdict.message };
}

function inOneSentence(signed: string, { inclusion, completeness, time }: LogChecks | NoLogChecks): string {
  if (!('verified' in inclusion) || !('verified' in completeness) || !('verified' in time)) return signed;
  const said = [
    inclusion.verified
      ? 'it is in the log'
      : inclusion.failed === 'no_checkpoint'
        ? 'it is not sealed into the log yet'
        : 'its place in the log is not proven',
    completeness.verified
      ? "its producer's numbering has no hole"
      : "its producer's numbering is not proven to be whole",
    ...(time.verified ? ['and it is timestamped'] : []),
  ];
  return `${signed.replace(/\.$/, '')}; ${said.join(', ')}.`;
}
