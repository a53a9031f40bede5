import { shortTime } from '../events/columns.js';
import { wrap } from '../output/text.js';
import type { Attack } from './attack.js';

const command = 'npx sealstream';

/** What somebody who has just run the demo should look at, and by which commands. `roleChange`: the event's id where it was found. */
export function tellAttack(attack: Attack, roleChange: string | undefined, width: number): string {
  const { company, victim, ip, names, passwords, correlation, startMs, endMs } = attack;
  const at = (ms: number): string => shortTime(new Date(ms).toISOString());
  const story =
    `From ${ip} somebody tried ${names} names and then ${passwords} passwords of ${victim.email}; the next one fitted. ` +
    'The account made itself an owner, got an API key and took all customers away.';
  const commands = [
    ['every try', `list --organization ${company.id} --ip ${ip}`],
    ['what came after the login', `timeline ${correlation}`],
    ...(roleChange
      ? [
          ['the role, before and after', `show ${roleChange}`],
          ['is that what was signed?', `verify ${roleChange}`],
        ]
      : []),
  ];
  return [
    `An attack on ${company.name} (${company.id}), ${at(startMs)} to ${at(endMs).slice(11)} UTC:`,
    ...wrap(story, width - 2).map((line) => `  ${line}`),
    ...commands.map(([what, line]) => `\n  # ${what}\n  ${command} ${line}`),
    '',
  ].join('\n');
}
