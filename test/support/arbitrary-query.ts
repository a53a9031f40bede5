// Queries with what they mean, said a second time and plainly: of the event as an answer shows it, without any of the gateway's code.
import { BlockList, isIPv4 } from 'node:net';
import fc from 'fast-check';
import { actions, addresses, oddWords } from './arbitrary-event.js';

/** An event as GET /api/audit shows it. */
export interface Shown {
  id: string;
  occurred_at: string;
  scope: string;
  organization_id?: string;
  application_id?: string;
  actor: { type: string; id?: string; name?: string; email?: string };
  action: string;
  category: string;
  kind: string;
  target?: { type?: string; id?: string; name?: string };
  related?: { type: string; id: string }[];
  outcome: string;
  reason?: string;
  correlation_id?: string;
  request_id?: string;
  ip?: string;
  message?: string;
  details?: unknown;
  before?: unknown;
}

export interface Meant {
  text: string;
  holds(event: Shown): boolean;
}

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
const unquoted = (text: string): string => text.replace(/^-|[\s()"\\*?:[\]<>=]/g, '\\$&');
const written = (text: string): fc.Arbitrary<string> =>
  fc.constantFrom(quoted(text), /^(AND|OR|NOT|TO)$/.test(text) ? quoted(text) : unquoted(text));
const shout = (text: string): string =>
  text.toUpperCase().toLowerCase() === text.toLowerCase() ? text.toUpperCase() : text;

const word = fc.constantFrom(...oddWords);
const part = (text: string): fc.Arbitrary<string> => {
  const chars = [...text];
  return fc
    .tuple(fc.nat(chars.length - 1), fc.integer({ min: 1, max: chars.length }))
    .map(([from, length]) => chars.slice(from, from + length).join(''));
};

type Get = (event: Shown) => string | undefined;

/** `name:value`, `name:val*`, `name:*lue`, `name:*`. */
const texts = (names: readonly string[], get: Get, fold: (text: string) => string): fc.Arbitrary<Meant> =>
  fc.tuple(fc.constantFrom(...names), word, fc.nat(4), fc.nat()).chain(([name, value, form, cut]) => {
    const said = (event: Shown): string => fold(get(event) ?? '');
    const chars = [...value];
    const some = chars.slice(0, 1 + (cut % chars.length)).join('');
    const rest = chars.slice(cut % chars.length).join('');
    if (form === 0) return fc.constant({ text: `${name}:*`, holds: (event) => said(event) !== '' });
    if (form === 1)
      return fc.constant({ text: `${name}:${unquoted(some)}*`, holds: (event) => said(event).startsWith(fold(some)) });
    if (form === 2)
      return fc.constant({ text: `${name}:*${unquoted(rest)}`, holds: (event) => said(event).endsWith(fold(rest)) });
    return written(value).map((text) => ({ text: `${name}:${text}`, holds: (event) => said(event) === fold(value) }));
  });

const asIs = (text: string): string => text;
const inAnyCase = (text: string): string => text.toLowerCase();

const prose = (names: readonly string[], get: Get): fc.Arbitrary<Meant> =>
  fc.tuple(fc.constantFrom(...names), word.chain(part)).chain(([name, value]) =>
    written(shout(value)).map((text) => ({
      text: `${name}:${text}`,
      holds: (event) => inAnyCase(get(event) ?? '').includes(inAnyCase(shout(value))),
    })),
  );

const symbol = (names: readonly string[], values: readonly string[], get: Get): fc.Arbitrary<Meant> =>
  fc
    .tuple(fc.constantFrom(...names), fc.constantFrom(...values))
    .map(([name, value]) => ({ text: `${name}:${value}`, holds: (event) => get(event) === value }));

const blocks = ['10.0.0.0/24', '10.0.0.0/8', '0.0.0.0/0', '192.168.0.0/16', '2001:db8::/32', '::/0', '10.0.0.128/25'];
const within = (block: string, ip: string | undefined): boolean => {
  if (ip === undefined) return false;
  const [address, bits] = block.split('/') as [string, string | undefined];
  if (isIPv4(address) !== isIPv4(ip)) return false;
  const list = new BlockList();
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  list.addSubnet(address, Number(bits ?? (family === 'ipv4' ? 32 : 128)), family);
  return list.check(ip, family);
};
const ips: fc.Arbitrary<Meant> = fc
  .constantFrom(...blocks, ...addresses)
  .map((block) => ({ text: `ip:${block}`, holds: (event) => within(block, event.ip) }));

const actionTerms: fc.Arbitrary<Meant> = fc.oneof(
  fc
    .constantFrom('auth', 'LOGIN', 'login_failed', '.', 'o', 'member.role')
    .map((value) => ({ text: `action:${value}`, holds: (event: Shown) => event.action.includes(value.toLowerCase()) })),
  fc
    .constantFrom(...actions)
    .map((value) => ({ text: `event:"${value}"`, holds: (event: Shown) => event.action === value })),
  fc
    .constantFrom('auth', 'bill')
    .map((value) => ({ text: `action:${value}*`, holds: (event: Shown) => event.action.startsWith(value) })),
);

/** What detailed events hold below `details`. */
export const arbitraryDetails: fc.Arbitrary<unknown> = fc.oneof(
  fc.record({
    region: fc.constantFrom('EU', 'us', 'Österreich', ...oddWords),
    size: fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom('7', 7, null)),
    open: fc.oneof(fc.boolean(), fc.constant('true')),
    tags: fc.array(fc.oneof(fc.constantFrom('red', 'Blue', 1, 2.5, true, null), word), { maxLength: 3 }),
    geo: fc.record({ city: word, 'zip.code': fc.constantFrom('10115', 10115) }),
  }),
  fc.jsonValue({ maxDepth: 2 }),
);

type Path = readonly [text: string, keys: readonly string[]];
const paths: readonly Path[] = [
  ['details.region', ['region']],
  ['details.size', ['size']],
  ['details.open', ['open']],
  ['details.tags', ['tags']],
  ['details.geo.city', ['geo', 'city']],
  ['details.geo."zip.code"', ['geo', 'zip.code']],
  ['details.geo', ['geo']],
  ['details.none', ['none']],
];

function find(event: Shown, keys: readonly string[]): unknown[] {
  let value: unknown = event.details;
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
    if (!Object.keys(value).includes(key)) return [];
    value = (value as Record<string, unknown>)[key];
  }
  return Array.isArray(value) ? value : [value];
}

const isText = (found: unknown, value: string): boolean =>
  typeof found === 'string' && inAnyCase(found) === inAnyCase(value);

const details: fc.Arbitrary<Meant> = fc.constantFrom(...paths).chain(([path, keys]) =>
  fc.oneof(
    fc.constantFrom('EU', 'us', 'ÖSTERREICH', 'blue', 'RED', ...oddWords).chain((value) =>
      fc.constant({
        text: `${path}:${quoted(value)}`,
        holds: (event: Shown) => find(event, keys).some((found) => isText(found, value)),
      }),
    ),
    fc.constantFrom(7, 1, 2.5, 10115, 0, -1).map((value) => ({
      text: `${path}:${value}`,
      holds: (event: Shown) => find(event, keys).some((found) => found === value || isText(found, String(value))),
    })),
    fc.tuple(fc.constantFrom('>', '>=', '<', '<='), fc.constantFrom(7, 0, 1.5, -1e6)).map(([sign, value]) => ({
      text: `${path}:${sign}${value}`,
      holds: (event: Shown) =>
        find(event, keys).some(
          (found) =>
            typeof found === 'number' &&
            ((sign === '>' && found > value) ||
              (sign === '>=' && found >= value) ||
              (sign === '<' && found < value) ||
              (sign === '<=' && found <= value)),
        ),
    })),
    fc.constantFrom(true, false, null).map((value) => ({
      text: `${path}:${value}`,
      holds: (event: Shown) => find(event, keys).some((found) => found === value || isText(found, String(value))),
    })),
  ),
);

const dayStart = Date.UTC(2026, 0, 1);
const times: fc.Arbitrary<Meant> = fc
  .tuple(fc.constantFrom('>', '>=', '<', '<='), fc.integer({ min: 0, max: 86_400_000 }))
  .map(([sign, ms]) => {
    const time = new Date(dayStart + ms).toISOString();
    // Microseconds as text compare like the times that they write.
    const at = time.replace('Z', '000Z');
    return {
      text: `time:${sign}${time}`,
      holds: ({ occurred_at }: Shown) => {
        const said = microseconds(occurred_at);
        return sign === '>' ? said > at : sign === '>=' ? said >= at : sign === '<' ? said < at : said <= at;
      },
    };
  });

export const microseconds = (time: string): string => {
  const [whole, fraction = ''] = time.replace('Z', '').split('.') as [string, string | undefined];
  return `${whole}.${fraction.padEnd(6, '0')}Z`;
};

const searched = (event: Shown): string =>
  [
    event.actor.id,
    event.actor.name,
    event.actor.email,
    event.target?.id,
    event.target?.name,
    event.action,
    event.outcome,
    event.reason,
    event.message,
    event.details === undefined ? '' : JSON.stringify(event.details),
  ]
    .map((text) => text ?? '')
    .join('\n')
    .toLowerCase();

const free: fc.Arbitrary<Meant> = fc
  .oneof(word.chain(part), fc.constantFrom('login', 'Failed', 'success', 'zip.code', 'EU'))
  .filter((value) => value.trim() !== '')
  .chain((value) =>
    written(value).map((text) => ({ text, holds: (event) => searched(event).includes(value.toLowerCase()) })),
  );

const term: fc.Arbitrary<Meant> = fc.oneof(
  actionTerms,
  texts(['actor.id', 'user_id'], ({ actor }) => actor.id, asIs),
  texts(['email', 'actor.email'], ({ actor }) => actor.email, inAnyCase),
  texts(['correlation', 'correlation_id'], (event) => event.correlation_id, asIs),
  texts(['request_id'], (event) => event.request_id, asIs),
  texts(['target_id', 'resourceId'], ({ target }) => target?.id, asIs),
  texts(['target.type', 'resource_type'], ({ target }) => target?.type, asIs),
  texts(['category'], (event) => event.category, inAnyCase),
  prose(['message'], (event) => event.message),
  prose(['actor.name'], ({ actor }) => actor.name),
  prose(['target.name'], ({ target }) => target?.name),
  symbol(['outcome'], ['success', 'failure', 'denied', 'partial'], (event) => event.outcome),
  symbol(['scope'], ['system', 'organization', 'application'], (event) => event.scope),
  symbol(['actor_type', 'actor.type'], ['user', 'service', 'none', 'anonymous'], ({ actor }) => actor.type),
  symbol(['kind'], ['event', 'stateful'], (event) => event.kind),
  symbol(['application', 'application_id'], ['web', 'mobile'], (event) => event.application_id),
  symbol(['organization'], ['acme', 'globex'], (event) => event.organization_id),
  fc
    .boolean()
    .map((yes) => ({ text: `success:${yes}`, holds: (event: Shown) => (event.outcome === 'success') === yes })),
  word.chain((value) =>
    written(value).map((text) => ({
      text: `related:${text}`,
      holds: (event: Shown) => (event.related ?? []).some(({ type, id }) => type === value || id === value),
    })),
  ),
  ips,
  details,
  details,
  times,
  free,
);

/** A query of the language, with parentheses where its shape needs them and now and then where it does not. */
export const arbitraryQuery: fc.Arbitrary<Meant> = either(3);

/** Terms beside each other, joined by OR, nested at most so deep. */
function either(depth: number): fc.Arbitrary<Meant> {
  return fc.array(each(depth), { minLength: 1, maxLength: 2 }).map((of) => ({
    text: of.map(({ text }) => text).join(' OR '),
    holds: (event) => of.some((one) => one.holds(event)),
  }));
}

function each(depth: number): fc.Arbitrary<Meant> {
  return fc
    .tuple(fc.array(single(depth), { minLength: 1, maxLength: 2 }), fc.constantFrom(' ', ' AND ', '  '))
    .map(([of, between]) => ({
      text: of.map(({ text }) => text).join(between),
      holds: (event) => of.every((one) => one.holds(event)),
    }));
}

function single(depth: number): fc.Arbitrary<Meant> {
  const negated = fc.tuple(term, fc.constantFrom('-', 'NOT ')).map(([{ text, holds }, sign]) => ({
    text: `${sign}${text}`,
    holds: (event: Shown) => !holds(event),
  }));
  if (depth === 0) return fc.oneof(term, negated);
  const nested = either(depth - 1);
  return fc.oneof(
    { weight: 3, arbitrary: term },
    { weight: 1, arbitrary: negated },
    { weight: 1, arbitrary: nested.map(({ text, holds }) => ({ text: `(${text})`, holds })) },
    {
      weight: 1,
      arbitrary: nested.map(({ text, holds }) => ({ text: `NOT (${text})`, holds: (event: Shown) => !holds(event) })),
    },
  );
}

/** Parameters of GET /api/audit with what they mean. */
export interface MeantParameter {
  name: string;
  values: readonly string[];
  holds(event: Shown): boolean;
}

const parameter = (
  names: readonly string[],
  values: fc.Arbitrary<string>,
  holds: (value: string, event: Shown) => boolean,
): fc.Arbitrary<MeantParameter> =>
  fc
    .tuple(fc.constantFrom(...names), fc.uniqueArray(values, { minLength: 1, maxLength: 3 }))
    .map(([name, given]) => ({ name, values: given, holds: (event) => given.some((value) => holds(value, event)) }));

export const arbitraryParameter: fc.Arbitrary<MeantParameter> = fc.oneof(
  parameter(['action', 'event'], fc.constantFrom('login', 'AUTH', 'role', 'zzz'), (value, { action }) =>
    action.includes(value.toLowerCase()),
  ),
  parameter(
    ['category'],
    fc.constantFrom('auth', 'Member', 'login'),
    (value, { category }) => category === value.toLowerCase(),
  ),
  parameter(['actor', 'user'], word, (value, { actor }) => actor.id === value || actor.email === value),
  parameter(['actor_type'], fc.constantFrom('user', 'service', 'none'), (value, { actor }) => actor.type === value),
  parameter(['target_type', 'resource_type'], word, (value, { target }) => target?.type === value),
  parameter(['target_id', 'resource_id'], word, (value, { target }) => target?.id === value),
  parameter(['outcome'], fc.constantFrom('success', 'denied', 'partial'), (value, { outcome }) => outcome === value),
  parameter(['kind'], fc.constantFrom('event', 'stateful'), (value, { kind }) => kind === value),
  parameter(['ip'], fc.constantFrom(...blocks, ...addresses), (value, { ip }) => within(value, ip)),
  parameter(['correlation_id'], word, (value, event) => event.correlation_id === value),
  parameter(['request_id'], word, (value, event) => event.request_id === value),
  parameter(['application_id'], fc.constantFrom('web', 'mobile'), (value, event) => event.application_id === value),
);
