// The logs and rules that others made, as our events and rules. Nothing of them is in this repository (importing.ts, sharedData).
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseRuleSet, type RuleSet } from '../../services/alerts/rules/index.js';
import type { WireEvent } from '../../services/core/wire/event.js';
import { rawEvent } from './raw-event.js';

/** A file and a line or id: where a match is expected. */
export type Match = [file: string, at: number | string];

export interface Logged {
  at: Match;
  event: WireEvent;
}

export const jsonLines = <T>(file: string): T[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T);

/** Which schema the events of a file have. Files of other logs are not read. */
const schemas: Readonly<Record<string, string>> = {
  aws_cloudtrail: 'aws.cloudtrail',
  github: 'github.audit',
  kubernetes: 'kubernetes.audit',
  okta: 'okta.system_log',
  gcp_audit: 'gcp.audit',
  azure_signin: 'azure.signinlogs',
  google_workspace: 'google_workspace.admin',
  onelogin: 'onelogin.events',
  duo: 'cisco.duo',
};

/** Every record of the folder `data`, as an event. */
export function readFeeds(data: string): Logged[] {
  const trails = readdirSync(join(data, 'cloudtrail-invictus')).filter((name) => name.endsWith('.json'));
  const records = trails.flatMap((name) => {
    const file = `cloudtrail-invictus/${name}`;
    const { Records } = JSON.parse(readFileSync(join(data, file), 'utf8')) as { Records: { eventID: string }[] };
    return Records.map((record): Logged => ({ at: [file, record.eventID], event: rawEvent('aws.cloudtrail', record) }));
  });
  const samples = Object.entries(schemas).flatMap(([name, schema]) => {
    const file = `panther-tests/${name}.jsonl`;
    return jsonLines<{ event: unknown }>(join(data, file)).map(
      ({ event }, index): Logged => ({ at: [file, index + 1], event: rawEvent(schema, event) }),
    );
  });
  return [...records, ...samples];
}

/** Every rule of the folder `data`. */
export function readSigmaRules(data: string): RuleSet & { files: string[] } {
  const folder = join(data, 'sigma-rules');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yml'))
    .sort();
  return {
    files,
    ...parseRuleSet(files.map((source) => ({ source, text: readFileSync(join(folder, source), 'utf8') }))),
  };
}
