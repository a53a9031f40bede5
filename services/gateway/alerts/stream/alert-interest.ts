import type { AlertChange, AlertState, ReadAlertMessage } from '../../../alerts/findings/index.js';
import { alertChanges } from '../../../alerts/findings/index.js';
import { type Caller, checkPermission } from '../../auth/caller.js';
import { readParameters } from '../../query/filter.js';
import { parameterReader } from '../../query/parameter-reader.js';
import { symbols } from '../../query/values.js';
import { type AlertFilter, filterNames, readAlertFilter } from '../alerts/list-request.js';
import { type AlertScope, alertScope, isInScope } from '../whose.js';

/** Which changes of alerts somebody wants to hear of, and may. */
export interface AlertInterest {
  readonly scope: AlertScope;
  readonly filter: AlertFilter & { changes: readonly AlertChange[] | undefined };
}

/** What can be asked for. */
export const interestNames = ['change', ...filterNames];

/** The walls are those of GET /api/alerts. Throws a Problem that says what is wrong, or what the caller may not. */
export function readAlertInterest(
  caller: Caller,
  { filter, organization }: { filter: Readonly<Record<string, unknown>>; organization: string | undefined },
): AlertInterest {
  checkPermission(caller, 'view:audit_logs');
  const parameters = readParameters(filter);
  const read = parameterReader(parameters, interestNames);
  return {
    scope: alertScope(caller, organization, parameters.get('organization_id')),
    filter: { ...readAlertFilter(read), changes: read('change', (given) => symbols(given, alertChanges)) },
  };
}

/** All but the state, which has to be looked up. */
export function mayConcern({ scope, filter }: AlertInterest, { change, finding }: ReadAlertMessage): boolean {
  const { rules, levels, fingerprint, group = {}, changes } = filter;
  return (
    isInScope(scope, finding.organizationId) &&
    (changes === undefined || changes.includes(change)) &&
    (rules === undefined || rules.includes(finding.rule.id)) &&
    (levels === undefined || levels.includes(finding.rule.level)) &&
    (fingerprint === undefined || fingerprint === finding.fingerprint) &&
    Object.entries(group).every(([name, value]) => finding.group.values[finding.group.names.indexOf(name)] === value)
  );
}

export const isOfState = ({ filter: { states } }: AlertInterest, { status }: AlertState): boolean =>
  states === undefined || states.includes(status);
