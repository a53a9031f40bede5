// Events as products log them, for benches: skewed organizations, their users, what they do and to what. The same for the same number.
import type { EventInput } from '../../services/core/event/index.js';

export const companies = { organizations: 200, usersPerOrganization: 250, documentsPerOrganization: 2_000 };

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

const firstNames =
  'ada ben chloe dmitri elif farid greta hana ivan jun kofi lena mira noor olu pia quinn rosa sven tara uma vik wen xenia yara zoe'.split(
    ' ',
  );
const lastNames =
  'adler bauer castro dubois eriksen fischer garcia haddad ivanov jensen kowalski larsen moreau nakamura okafor petrov quist rossi silva tanaka ueda varga weber xu yilmaz zhang'.split(
    ' ',
  );
const words =
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
const regions = ['eu-west-1', 'eu-central-1', 'us-east-1', 'us-west-2', 'ap-south-1'];
const agents = [
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0',
  'okhttp/5.1.0',
  'curl/8.15.0',
];

export const organizationName = (organization: number): string => `org_${organization}`;
export const userId = (organization: number, user: number): string => `usr_${organization}_${user}`;
export const documentId = (organization: number, document: number): string => `doc_${organization}_${document}`;
export const emailOf = (organization: number, user: number): string =>
  `${pick(firstNames, chance(user, organization))}.${pick(lastNames, chance(user, organization + 1_000))}${user}@company${organization}.example`;
export const correlationId = (flow: number): string => `flow_${Math.floor(chance(flow, 77) * 2 ** 40).toString(36)}`;

/** The `index`th event of all, at a time. */
export function madeUpEvent(index: number, occurredAtMs: number): Partial<EventInput> {
  const draw = (salt: number): number => chance(index, salt);
  const organization = skewed(companies.organizations, draw(1));
  const user = skewed(companies.usersPerOrganization, draw(2));
  const document = skewed(companies.documentsPerOrganization, draw(3));
  const action = pick(drawnActions, draw(4));
  const [noun] = action.split('.');
  const email = emailOf(organization, user);
  const failed = action === 'auth.login_failed';
  const title = `${pick(words, chance(document, organization))} ${pick(words, chance(document, organization + 500))} ${document % 12}`;
  return {
    occurred_at: new Date(occurredAtMs).toISOString(),
    organization_id: organizationName(organization),
    action,
    actor: { id: userId(organization, user), name: email.split('@')[0]!.replace('.', ' '), email },
    ...(noun === 'auth'
      ? { auth_method: 'password', reason: failed ? pick(['bad_password', 'invalid_user', 'locked'], draw(5)) : '' }
      : {
          target: {
            type: noun === 'document' ? 'document' : noun!,
            id: documentId(organization, document),
            name: title,
          },
        }),
    outcome: failed ? 'failure' : draw(6) < 0.02 ? 'denied' : 'success',
    service: pick(['web', 'api', 'mobile', 'worker'], draw(7)),
    // Some ten events of a flow lie near each other.
    correlation_id: correlationId(Math.floor(index / 40) * 4 + (index % 4)),
    request_id: `req_${Math.floor(draw(8) * 2 ** 48).toString(36)}`,
    ip: `10.${organization}.${user % 250}.${Math.floor(draw(9) * 8)}`,
    user_agent: pick(agents, draw(10)),
    session_id: `ses_${organization}_${user}_${Math.floor(index / 2_000_000)}`,
    path: `/api/${noun}s/${document}`,
    message: `${email.split('@')[0]} ${action.replace('.', ' ')} ${title}`,
    details: {
      region: pick(regions, draw(11)),
      revision: Math.floor(draw(12) * 5_000),
      size: Math.floor(draw(13) * 1e6),
    },
  };
}
