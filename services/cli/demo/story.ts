import { readPack } from '../../alerts/pack/index.js';
import { shortTime } from '../events/columns.js';
import { wrap } from '../output/text.js';
import type { Attack } from './attack.js';

const command = 'npx sealstream';

/** What was found of an attack once it was over. */
export interface Traces {
  /** Id of the event in which the attacker gives itself the role. */
  roleChange: string | undefined;
  /** Of an attack that was going on when it was sent: how many alerts it raised so far. */
  alerts: number | undefined;
}

/** A login behind failed ones from the same address: what a backtest finds of an attack that lies too far back for alerts. */
const telling = readPack().rules.find(({ name }) => name === 'login_after_spraying')!.id;

/** What somebody who has just run the demo should look at, and by which commands. */
export function tellAttack(attack: Attack, { roleChange, alerts }: Traces, width: number): string {
  const { company, victim, ip, names, passwords, correlation, startMs, endMs } = attack;
  const at = (ms: number): string => shortTime(new Date(ms).toISOString());
  const story =
    `From ${ip} somebody tried ${names} names and then ${passwords} passwords of ${victim.email}; the next one fitted. ` +
    'The account made itself an owner, got an API key and took all customers away.';
  const time = (ms: number): string => new Date(ms).toISOString();
  const commands = [
    ...(alerts === undefined
      ? [
          [
            'too long ago for alerts, which take no notice of events that come late; what a rule would have found',
            `alerts backtest ${telling} --organization ${company.id} --from ${time(startMs)} --to ${time(endMs + 1_000)} --late include`,
          ],
        ]
      : [
          [
            `${alerts === 0 ? 'no alert was raised yet' : `${alerts} ${alerts === 1 ? 'alert was' : 'alerts were'} raised while it went on`}`,
            `alerts list --organization ${company.id} --from ${time(startMs)}`,
          ],
        ]),
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
