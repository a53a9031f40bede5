import type { Tally } from './tally.js';

/** Where a log's times say no zone and the command line none either. */
export const defaultZone = 'UTC';

/** What whoever imports should know beyond the counts. */
export function hintsOf({
  tally,
  blind,
  options: { year, timezone, failures },
}: {
  tally: Tally;
  /** The API key does not permit looking whether events are there. */
  blind: boolean;
  options: { year?: number; timezone?: string; failures: 'sshd' | 'pam' };
}): string[] {
  const hints: string[] = [];
  const pam = tally.known.get('pam_… authentication failure') ?? 0;
  if (failures === 'sshd' && pam > 0 && tally.refused.size === 0 && !tally.actions.has('auth.login_failed')) {
    hints.push(
      `${pam} lines of PAM tell of failed logins and none of sshd's own does.\nTo count those instead: --failures pam`,
    );
  }
  const missing = [
    ...(tally.assumed.has('year') && year === undefined ? ['year'] : []),
    ...(tally.assumed.has('zone') && timezone === undefined ? ['time zone'] : []),
  ];
  if (tally.span && missing.length > 0) {
    const from = missing[0] === 'year' ? `${tally.span.first.slice(0, 4)} and on, ` : '';
    hints.push(
      `The lines carry no ${missing.join(' and no ')}: read as ${from}${timezone ?? defaultZone}. See --year and --timezone.`,
    );
  }
  if (tally.refused.has('in the future')) {
    hints.push('Times that lie in the future cannot be imported. Is --year, or --timezone, another?');
  }
  if (blind) {
    hints.push(
      'The API key may not read events, so a repeated import is only recognised for 24 hours.\n' +
        'With the permission view:audit_logs it is for as long as the events are kept.',
    );
  }
  return hints;
}
