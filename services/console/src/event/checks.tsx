import { Badge } from '../ui/badge.js';
import { sentence } from '../ui/format.js';
import type { ProofCheck } from './data.js';

const parts = [
  { name: 'signature', title: 'Signature', asks: 'Is it what its producer signed?' },
  { name: 'inclusion', title: 'Inclusion', asks: 'Is it in the log, as witnesses saw it?' },
  { name: 'completeness', title: 'Completeness', asks: 'Is nothing missing around it?' },
  { name: 'time', title: 'Time', asks: 'Who else attests when?' },
] as const;

export function CheckBadge({ check: { available, verified } }: { check: ProofCheck }) {
  if (verified) return <Badge tone="good" shape="disc" children="verified" />;
  if (available) return <Badge tone="bad" shape="cross" children="failed" />;
  return <Badge tone="plain" shape="ring" children="not available" />;
}

export function Checks({ checks }: { checks: Readonly<Record<(typeof parts)[number]['name'], ProofCheck>> }) {
  return (
    <ul class="proof-checks">
      {parts.map(({ name, title, asks }) => {
        const check = checks[name];
        return (
          <li key={name}>
            <h3>{title}</h3>
            <CheckBadge check={check} />
            <p class="faint">{asks}</p>
            <p class="proof-message">{sentence(check.message ?? 'This gateway has no log, so it cannot say.')}</p>
            {check.failed && !check.verified && check.available && <code>{check.failed}</code>}
          </li>
        );
      })}
    </ul>
  );
}
