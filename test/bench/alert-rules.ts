// `npm run bench -- alert-rules [--rules 10000] [--events 50000]`: what it costs to look every event up in an index of rules about
// single events, and what trying the rules one by one would cost.
import { randomBytes } from 'node:crypto';
import { compileDetection, createRuleIndex } from '../../services/alerts/match/index.js';
import { type DetectionRule, parseRuleSet } from '../../services/alerts/rules/index.js';
import { type EventInput, toWire } from '../../services/core/event/index.js';
import { decodeEvent, encodeEvent, type WireEvent } from '../../services/core/wire/index.js';
import type { Bench } from './main.js';

type Selection = Record<string, unknown>;
interface Kind {
  share: number;
  name: string;
  product?: string;
  service?: string;
  selection: (n: number) => Selection | string[];
  /** An exclusion beside it. */
  except?: Selection;
}

const own = { product: 'sealstream' };
const cloudTrail = { product: 'aws', service: 'cloudtrail' };
const actions = [
  'auth.login',
  'auth.login_failed',
  'member.role_changed',
  'api_key.created',
  'file.downloaded',
  'invoice.paid',
];
const pick = <T>(list: readonly T[], n: number): T => list[n % list.length]!;

/** A mix as a large organization might have it: half about our own events, most of the rest about CloudTrail. */
const kinds: readonly Kind[] = [
  {
    share: 30,
    name: 'action and actor',
    ...own,
    selection: (n) => ({ action: pick(actions, n), 'actor.id': `user-${n}` }),
  },
  {
    share: 10,
    name: 'action and a field of details, with an exclusion',
    ...own,
    selection: (n) => ({ action: pick(actions, n), 'details.project': [`project-${n}`, `project-${n + 1}`] }),
    except: { 'actor.type': 'service' },
  },
  {
    share: 5,
    name: 'address block',
    ...own,
    selection: (n) => ({ action: `area-${n}.changed`, 'ip|cidr': '10.0.0.0/8' }),
  },
  { share: 4, name: 'part of the user agent', ...own, selection: (n) => ({ 'user_agent|contains': `scanner-${n}/` }) },
  {
    share: 30,
    name: 'CloudTrail source and name',
    ...cloudTrail,
    selection: (n) => ({ eventSource: `service-${n % 80}.amazonaws.com`, eventName: `Operation${n}` }),
  },
  {
    share: 10,
    name: 'CloudTrail part of a parameter',
    ...cloudTrail,
    selection: (n) => ({ 'requestParameters.name|contains': `secret-${n}-`, 'userIdentity.type': 'IAMUser' }),
  },
  { share: 10, name: 'Okta', product: 'okta', service: 'okta', selection: (n) => ({ eventType: `policy.rule.${n}` }) },
  { share: 1, name: 'keywords', ...own, selection: (n) => [`malware-${n}`, `dropper-${n}`] },
];

function ruleTexts(count: number): string {
  const shares = kinds.flatMap((kind) => Array<Kind>(kind.share).fill(kind));
  const documents = Array.from({ length: count }, (_, n) => {
    const { name, product, service, selection, except } = shares[(n * 37) % shares.length]!;
    const detection = { s: selection(n), ...(except ? { e: except } : {}), condition: except ? 's and not e' : 's' };
    return JSON.stringify({ title: `${name} ${n}`, id: `rule-${n}`, logsource: { product, service }, detection });
  });
  return documents.join('\n---\n');
}

function inputOf(n: number): EventInput {
  const base = {
    organization_id: `org-${n % 50}`,
    ip: `10.${n % 200}.${n % 250}.7`,
    user_agent: 'Mozilla/5.0 (X11; Linux)',
  };
  if (n % 4 === 0) {
    return {
      ...base,
      action: 'aws.api_call',
      details_schema: 'aws.cloudtrail',
      details: {
        eventVersion: '1.09',
        eventSource: `service-${n % 90}.amazonaws.com`,
        eventName: `Operation${n % 20_000}`,
        awsRegion: 'eu-central-1',
        sourceIPAddress: base.ip,
        userIdentity: {
          type: 'IAMUser',
          arn: `arn:aws:iam::123456789012:user/u${n % 500}`,
          sessionContext: { attributes: {} },
        },
        requestParameters: { name: `secret-${n % 30_000}-x`, bucketName: `bucket-${n % 100}` },
        readOnly: false,
      },
    };
  }
  return {
    ...base,
    action: pick(actions, n),
    actor: { type: 'user', id: `user-${n % 20_000}`, name: `User ${n}`, email: `user${n}@example.com` },
    target: { type: 'project', id: `prj-${n % 500}`, name: `Project ${n % 500}` },
    message: 'something was done to a project',
    details: { project: `project-${n % 20_000}`, size: n, tags: ['a', 'b'] },
  };
}

/** Fresh from the wire: nothing of them was read before. */
const eventsFor = (count: number, from: number): WireEvent[] =>
  Array.from({ length: count }, (_, at) =>
    decodeEvent(encodeEvent(toWire(inputOf(from + at), { id: randomBytes(16), nowUs: 1_700_000_000_000_000 }))),
  );

const heap = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};
const ms = (since: number): string => `${(performance.now() - since).toFixed(0)} ms`;
const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

export const bench: Bench = async (options) => {
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const count = Number(options.rules ?? 10_000);
  const total = Number(options.events ?? 50_000);
  const empty = heap();

  let start = performance.now();
  const { rules, faults } = parseRuleSet([{ source: 'bench', text: ruleTexts(count) }]);
  if (faults.length > 0) throw new Error(faults[0]!.message);
  print(`${rules.length} rules read in ${ms(start)}, ${mb(heap() - empty)}`);
  const read = heap();

  start = performance.now();
  const index = createRuleIndex(rules as DetectionRule[]);
  print(`indexed in ${ms(start)}; ${index.unkeyed} of them are tried on every event`);

  const batch = 5_000;
  let spent = 0;
  let cpu = 0;
  let matches = 0;
  for (let done = -batch; done < total; done += batch) {
    const events = eventsFor(batch, Math.max(0, done));
    const began = performance.now();
    const used = process.cpuUsage();
    let found = 0;
    for (const event of events) found += index.match(event).length;
    // The first batch warms up.
    if (done >= 0) {
      const { user, system } = process.cpuUsage(used);
      cpu += user + system;
      spent += performance.now() - began;
      matches += found;
    }
  }
  print(
    `${total} events: ${Math.round(total / (spent / 1_000))}/s by the clock, ` +
      `${Math.round(total / (cpu / 1e6))}/s of one core (${(cpu / total).toFixed(1)} µs of CPU each)`,
  );
  print(
    `${matches} matches, ${(index.tried / (total + batch)).toFixed(1)} of ${index.size} detections tried per event`,
  );
  print(`index and matchers: ${mb(heap() - read)}${globalThis.gc ? '' : ' (with garbage: run with --expose-gc)'}`);

  const compiled = (rules as DetectionRule[]).map(({ detection }) => compileDetection(detection));
  const some = eventsFor(200, 0);
  start = performance.now();
  for (const event of some) for (const matchesRule of compiled) matchesRule(event);
  print(
    `for comparison, each rule on its own: ${Math.round(some.length / ((performance.now() - start) / 1_000))} events/s`,
  );
};
