import { parseAllDocuments } from 'yaml';

/** A scenario of CrowdSec's hub, as far as we translate it. */
interface Scenario {
  name: string;
  type: string;
  filter: string;
  groupby?: string;
  distinct?: string;
  capacity?: number;
  leakspeed?: string;
  blackhole?: string;
}

const conditions: Readonly<Record<string, (scenario: Scenario) => object[]>> = {
  'crowdsecurity/impossible-travel': impossibleTravel,
  'crowdsecurity/impossible-travel-user': impossibleTravel,
  // Any event of one kind and any of the other: both within the time that the bucket lives.
  'crowdsecurity/auditd-base64-exec-behavior': (scenario) =>
    together(
      scenario,
      ['details.ppid'],
      [
        { 'details.exe': '/usr/bin/base64' },
        {
          'details.exe|re': '^/(usr/(local/)?)?bin/(sh|bash|perl|dash|zsh)$|^/usr/bin/python',
        },
      ],
    ),
  'crowdsecurity/auditd-postexploit-exec-from-net': (scenario) =>
    together(
      scenario,
      ['details.ppid'],
      [
        { 'details.exe': ['/usr/bin/wget', '/usr/bin/curl'] },
        { 'details.exe|re': '^/(bin/(sh|bash|dash)$|([^usb]|u[^s]|us[^r]|usr[^/]|s[^b]|b[^i]))' },
      ],
    ),
  'crowdsecurity/auditd-suid-crash': (scenario) =>
    together(
      scenario,
      ['details.pid', 'details.exe'],
      [
        { 'details.log_type': 'execve', 'details.euid': '0', 'details.auid|neq': '0' },
        { 'details.log_type': 'anom_abend', 'details.sig': ['4', '5', '6', '7', '11'] },
      ],
    ),
  'crowdsecurity/aws-cloudtrail-nwo-nwd-console-login': ({ name }) => [
    {
      title: name,
      name,
      logsource: { product: 'aws', service: 'cloudtrail' },
      detection: {
        login: {
          eventName: ['ConsoleLogin', 'GetSessionToken', 'GetFederationToken'],
          'responseElements.ConsoleLogin': 'Success',
        },
        condition: 'login',
      },
      custom_attributes: { off_hours: { days: 'mon-fri', hours: '06:00-18:00' } },
    },
  ],
};

/** Why a scenario has no counterpart, by its name. */
const without: Readonly<Record<string, string>> = Object.fromEntries(
  ['crowdsecurity/ssh-time-based-bf', 'crowdsecurity/ssh-time-based-bf_user-enum'].map((name) => [
    name,
    'the median of intervals, and events that empty the window, are no conditions of Sigma',
  ]),
);

export interface Translated {
  name: string;
  /** Rules in JSON; undefined where there is no counterpart. */
  rules: object[] | undefined;
  why?: string;
}

/** The scenarios of a file as rules. */
export const translate = (text: string): Translated[] =>
  [...parseAllDocuments(text)].map((document): Translated => {
    const scenario = document.toJS() as Scenario;
    const { name, type } = scenario;
    if (without[name]) return { name, rules: undefined, why: without[name] };
    const rules = conditions[name]?.(scenario) ?? (type === 'leaky' ? leaky(scenario) : [trigger(scenario)]);
    return { name, rules };
  });

/**
 * A bucket that holds so many and leaks one every so often overflows when more come than leak. A window has no leak: it holds what the
 * bucket would need to run empty again, so that it fires with the bucket or before it, and never where the rate is below the leak.
 */
function leaky({
  name,
  filter,
  groupby,
  distinct,
  capacity = 0,
  leakspeed = '1s',
  blackhole = '1m',
}: Scenario): object[] {
  const below = `${name} events`;
  return [
    detection(below, filter),
    {
      title: name,
      name,
      correlation: {
        type: distinct ? 'value_count' : 'event_count',
        rules: [below],
        'group-by': fieldsIn(groupby),
        timespan: `${capacity * seconds(leakspeed)}s`,
        condition: { gt: capacity, ...(distinct ? { field: fieldsIn(distinct)[0] } : {}) },
      },
      custom_attributes: { suppress: blackhole, resolve_after: blackhole },
    },
  ];
}

const trigger = ({ name, filter, blackhole = '1m' }: Scenario): object => ({
  ...detection(name, filter),
  custom_attributes: { suppress: blackhole },
});

function impossibleTravel({ name, groupby, leakspeed }: Scenario): object[] {
  const travel = { group_by: fieldsIn(groupby), distance_km: 1_000, speed_kmh: 1, window: leakspeed };
  return [
    { ...detection(name, "evt.Meta.log_type == 'auth_success'"), custom_attributes: { impossible_travel: travel } },
  ];
}

function together({ name, filter, leakspeed }: Scenario, groups: string[], kinds: object[]): object[] {
  const simple = /^evt\.Meta\.log_type == '\w+'$/.test(filter.trim());
  const parts = kinds.map((kind, at) => ({
    title: `${name} ${at + 1}`,
    name: `${name} ${at + 1}`,
    logsource: { product: 'sealstream' },
    detection: { kind, ...(simple ? { all: clause(filter) } : {}), condition: simple ? 'kind and all' : 'kind' },
  }));
  const correlation = {
    type: 'temporal',
    rules: parts.map((part) => part.name),
    'group-by': groups,
    timespan: leakspeed,
  };
  return [...parts, { title: name, name, correlation }];
}

const seconds = (text: string): number =>
  Number.parseInt(text, 10) * ({ s: 1, m: 60, h: 3_600 } as Record<string, number>)[text.at(-1)!]!;

const fieldsIn = (text = ''): string[] =>
  [...text.matchAll(/evt\.(?:Meta|Parsed)\.(\w+)/g)].map(([, name]) => `details.${name}`);

function detection(name: string, filter: string): object {
  const clauses = filter.split(/&&|\band\b/).map((one, at) => [`part${at}`, clause(one)] as const);
  const condition = clauses.map(([part]) => part).join(' and ');
  return {
    title: name,
    name,
    logsource: { product: 'sealstream' },
    detection: { ...Object.fromEntries(clauses), condition },
  };
}

/** `evt.Meta.x == 'y'`, `in [...]`, `contains 'y'`. */
function clause(text: string): object {
  const [, name, operator, rest = ''] = /evt\.(?:Meta|Parsed)\.(\w+) (==|in|contains) ([\s\S]+)/.exec(text) ?? [];
  if (!name) throw new Error(`a filter that is not translated: ${text}`);
  const values = [...rest.matchAll(/['"]([^'"]*)['"]/g)].map(([, value]) => value);
  return { [`details.${name}${operator === 'contains' ? '|contains' : ''}`]: values };
}
