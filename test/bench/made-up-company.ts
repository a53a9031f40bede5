// Events as products log them, for benches: organizations of skewed size, their people, what they do and to what. People work in
// flows of some events within minutes: one actor, address, session and correlation. The same for the same number.
import type { EventInput } from '../../services/core/event/index.js';

export const organizations = 200;
const eventsPerFlow = 8;
/** Flows that go on at the same time, their events one after the other. */
const flowsAtOnce = 50;

/** 0…1, the same for the same two numbers. */
function chance(seed: number, salt: number): number {
  let x = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(salt + 0x7f4a7c15, 0xc2b2ae35);
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  x = Math.imul(x ^ (x >>> 12), 0x297a2d39);
  return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
}

const pick = <T>(list: readonly T[], at: number): T => list[Math.floor(at * list.length)]!;
/** Few of many: the first ones far more often than the last. */
const skewed = (count: number, at: number): number => Math.floor(count * at ** 2.5);
const hex = (seed: number, salt: number, digits: number): string =>
  Math.floor(chance(seed, salt) * 16 ** digits)
    .toString(16)
    .padStart(digits, '0');

const firstNames =
  'ada ben chloe dmitri elif farid greta hana ivan jun kofi lena mira noor olu pia quinn rosa sven tara uma vik wen xenia yara zoe'.split(
    ' ',
  );
const lastNames =
  'adler bauer castro dubois eriksen fischer garcia haddad ivanov jensen kowalski larsen moreau nakamura okafor petrov quist rossi silva tanaka ueda varga weber xu yilmaz zhang'.split(
    ' ',
  );
export const words =
  'quarterly report roadmap budget invoice contract onboarding security review incident pricing forecast hiring launch research payroll migration audit summary draft'.split(
    ' ',
  );
const actions: readonly [action: string, weight: number][] = [
  ['document.viewed', 40],
  ['document.updated', 14],
  ['auth.login', 12],
  ['auth.token_refreshed', 9],
  ['auth.login_failed', 5],
  ['document.shared', 4],
  ['comment.created', 4],
  ['webhook.delivered', 4],
  ['document.created', 3],
  ['export.created', 1],
  ['member.added', 1],
  ['member.role_changed', 1],
  ['api_key.created', 1],
  ['policy.set', 1],
];
const drawnActions = actions.flatMap(([action, weight]) => Array.from({ length: weight }, () => action));
export const regions = ['eu-west-1', 'eu-central-1', 'us-east-1', 'us-west-2', 'ap-south-1'];
const agents = [
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
  'okhttp/5.1.0',
  'curl/8.15.0',
];

/** The largest organization has an eighth of all events, and the most people; the smallest some hundredths of a percent. */
export const usersOf = (organization: number): number => Math.ceil(2_400 / (organization + 1) ** 0.6);
export const documentsOf = (organization: number): number => usersOf(organization) * 8;

export const organizationName = (organization: number): string => `org_${organization}`;
export const userId = (organization: number, user: number): string => `usr_${organization}_${user}`;
export const documentId = (organization: number, document: number): string => `doc_${organization}_${document}`;
const nameOf = (organization: number, user: number): [first: string, last: string] => [
  pick(firstNames, chance(user, organization)),
  pick(lastNames, chance(user, organization + 1_000)),
];
export const emailOf = (organization: number, user: number): string =>
  `${nameOf(organization, user).join('.')}${user}@company${organization}.example`;
/** People come from three networks, one of them by far the most. */
export function addressOf(organization: number, user: number, network: number): string {
  const person = organization * 10_000 + user;
  const part = (salt: number): number => Math.floor(chance(person, network * 10 + salt) * 256);
  return `${20 + (part(1) % 160)}.${part(2)}.${part(3)}.${part(4)}`;
}
const titleOf = (organization: number, document: number): string =>
  `${pick(words, chance(document, organization))} ${pick(words, chance(document, organization + 500))} ${document % 12}`;

export interface Flow {
  number: number;
  organization: number;
  user: number;
  network: number;
  correlation: string;
}

export function flowOf(number: number): Flow {
  const organization = skewed(organizations, chance(number, 1));
  return {
    number,
    organization,
    user: skewed(usersOf(organization), chance(number, 2)),
    network: Math.floor(3 * chance(number, 3) ** 4),
    correlation: `flow_${hex(number, 4, 8)}${hex(number, 5, 6)}`,
  };
}

export const flowNumberOf = (index: number): number =>
  Math.floor(index / (flowsAtOnce * eventsPerFlow)) * flowsAtOnce + (index % flowsAtOnce);

/** The first event of a flow. */
export const firstEventOf = (flow: number): number =>
  Math.floor(flow / flowsAtOnce) * flowsAtOnce * eventsPerFlow + (flow % flowsAtOnce);

/** Flows from all over the year, of one organization or of any. */
export function someFlows({
  events,
  count,
  organization,
}: {
  events: number;
  count: number;
  organization?: number | undefined;
}): Flow[] {
  const flows: Flow[] = [];
  const all = Math.floor(events / eventsPerFlow);
  for (let tried = 0; flows.length < count && tried < 1e6; tried += 1) {
    const flow = flowOf(Math.floor(chance(tried, 99) * all));
    if (organization === undefined || flow.organization === organization) flows.push(flow);
  }
  return flows;
}

export const requestId = (index: number): string => `req_${hex(index, 18, 8)}${hex(index, 19, 4)}`;

/** The `index`th event of all, at a time. */
export function madeUpEvent(index: number, occurredAtMs: number): Partial<EventInput> {
  const flow = flowOf(flowNumberOf(index));
  const { organization, user } = flow;
  const draw = (salt: number): number => chance(index, salt);
  const ofFlow = (salt: number): number => chance(flow.number, salt);
  const document = skewed(documentsOf(organization), draw(13));
  const action = pick(drawnActions, draw(14));
  const [noun] = action.split('.');
  const email = emailOf(organization, user);
  const failed = action === 'auth.login_failed';
  const title = titleOf(organization, document);
  const ofDocument = noun === 'document' || noun === 'comment' || noun === 'export';
  return {
    occurred_at: new Date(occurredAtMs).toISOString(),
    organization_id: organizationName(organization),
    action,
    actor: { id: userId(organization, user), name: nameOf(organization, user).join(' '), email },
    ...(noun === 'auth'
      ? { auth_method: 'password', reason: failed ? pick(['bad_password', 'invalid_user', 'locked'], draw(15)) : '' }
      : ofDocument
        ? { target: { type: 'document', id: documentId(organization, document), name: title } }
        : {
            target: { type: noun!, id: `${noun}_${organization}_${document % 40}`, name: `${noun} ${document % 40}` },
          }),
    outcome: failed ? 'failure' : draw(16) < 0.02 ? 'denied' : 'success',
    service: pick(['web', 'api', 'mobile', 'worker'], ofFlow(17)),
    correlation_id: flow.correlation,
    request_id: requestId(index),
    ip: addressOf(organization, user, flow.network),
    user_agent: pick(agents, chance(user, organization + 2_000)),
    session_id: `ses_${hex(flow.number >> 9, user, 8)}${hex(organization, user, 4)}`,
    path: ofDocument ? `/api/documents/${document}` : `/api/${noun}`,
    message: ofDocument ? `${email.split('@')[0]} ${action.replace('.', ' ')} ${title}` : action.replace('.', ' '),
    details: {
      region: pick(regions, ofFlow(20)),
      revision: Math.floor(draw(21) * 5_000),
      size: Math.floor(draw(22) * 1e6),
    },
  };
}
