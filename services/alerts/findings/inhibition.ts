import type { SaidFinding } from './message.js';

/** A rule's alerts are told to nobody while one of these rules' is open, about the same. */
export interface InhibitedBy {
  /** Ids, of the same owner's rules. */
  rules: readonly string[];
  /** Fields of both groups that have to be the same; where absent, all that both group by. */
  equal?: readonly string[];
}

const valueOfGroup = ({ group }: SaidFinding, name: string): string | undefined =>
  group.values[group.names.indexOf(name)];

/** Whether one alert, if it is open, keeps another quiet. Never across organizations. */
export function keepsQuiet(by: InhibitedBy, other: SaidFinding, finding: SaidFinding): boolean {
  const { group } = finding;
  const names = by.equal ?? group.names.filter((name) => other.group.names.includes(name));
  return (
    other.organizationId === finding.organizationId &&
    other.owner === finding.owner &&
    by.rules.includes(other.rule.id) &&
    names.every(
      (name) => valueOfGroup(other, name) !== undefined && valueOfGroup(other, name) === valueOfGroup(finding, name),
    )
  );
}
