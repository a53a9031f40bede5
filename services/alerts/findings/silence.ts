import type { SaidFinding } from './message.js';

export const silenceComparisons = ['equal', 'not_equal', 'glob'] as const;

/** `name` is rule_id, level, fingerprint, organization_id, or a field of the group. */
export interface SilenceMatcher {
  name: string;
  comparison: (typeof silenceComparisons)[number];
  value: string;
}

/** From `startsUs` until before `endsUs` nobody is told of alerts for which all matchers hold. */
export interface Silence {
  id: string;
  /** '' is of every organization. */
  organizationId: string;
  matchers: readonly SilenceMatcher[];
  startsUs: number;
  endsUs: number;
}

export function isSilenced(finding: SaidFinding, silence: Silence, nowUs: number): boolean {
  const { organizationId, matchers, startsUs, endsUs } = silence;
  if (nowUs < startsUs || nowUs >= endsUs) return false;
  if (organizationId !== '' && organizationId !== finding.organizationId) return false;
  return matchers.length > 0 && matchers.every((matcher) => holds(matcher, fieldOf(finding, matcher.name)));
}

/** '' where the alert has no such thing. */
function fieldOf({ rule, fingerprint, organizationId, group }: SaidFinding, name: string): string {
  const own: Readonly<Record<string, string>> = {
    rule_id: rule.id,
    level: rule.level,
    fingerprint,
    organization_id: organizationId,
  };
  return own[name] ?? group.values[group.names.indexOf(name)] ?? '';
}

function holds({ comparison, value }: SilenceMatcher, found: string): boolean {
  if (comparison === 'glob') return globMatches(value, found);
  return (found === value) === (comparison === 'equal');
}

/** `*` any text, `?` one character; linear but for the last star, to which it goes back. */
function globMatches(glob: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let from = 0;
  let place = 0;
  while (place < text.length) {
    if (at < glob.length && (glob[at] === '?' || (glob[at] !== '*' && glob[at] === text[place]))) {
      at += 1;
      place += 1;
    } else if (glob[at] === '*') {
      star = at;
      from = place;
      at += 1;
    } else if (star >= 0) {
      from += 1;
      place = from;
      at = star + 1;
    } else return false;
  }
  while (glob[at] === '*') at += 1;
  return at === glob.length;
}
