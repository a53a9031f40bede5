import type { ActionDefinition } from '../action.js';
import { count, event, flag, forOwners, oneOf, stateful, text, texts, time } from '../define.js';

const permissions = texts('what it permits');
const prefix = text('the first characters, to recognise it by');
const expires_at = { type: ['string', 'null'], description: 'when it ends; null for never' };
const organizations = { description: 'which organizations: their ids, or "*"', type: ['array', 'string'] };
const algorithm = text('ed25519, rsa-2048, aes-256-gcm, …');

const apiKeys: readonly ActionDefinition[] = [
  stateful(
    'api_key.created',
    'An API key was made.',
    { prefix, permissions, organizations, expires_at },
    { aliases: ['apikey.created', 'key.created', 'api_token.created', 'token.created'] },
  ),
  stateful('api_key.updated', 'Name, permissions or expiry of an API key were changed.', {
    prefix,
    permissions,
    expires_at,
  }),
  stateful(
    'api_key.rotated',
    'An API key was replaced by a new one; both work until the old one ends.',
    { prefix, old_ends_at: time('when the old one ends') },
    { aliases: ['apikey.rotated', 'key.rotated'] },
  ),
  stateful(
    'api_key.revoked',
    'An API key was made void.',
    { prefix },
    { aliases: ['apikey.revoked', 'api_key.deleted', 'key.revoked', 'api_token.revoked'] },
  ),
  event('api_key.expired', 'An API key came to its end.', { prefix }),
  event(
    'api_key.rejected',
    'A request came with an API key that is unknown, ended or void.',
    { prefix },
    {
      aliases: ['api_key.denied'],
    },
  ),
];

const accounts: readonly ActionDefinition[] = [
  stateful('service_account.created', 'An account for a program was made.', { permissions }),
  stateful('service_account.updated', 'An account for a program was changed.', { permissions }),
  stateful('service_account.deleted', 'An account for a program was deleted.'),
];

const keyMaterial: readonly ActionDefinition[] = forOwners([
  event(
    'api_key.secret_viewed',
    'The secret of an API key was shown again.',
    { prefix },
    { aliases: ['api_key.revealed'] },
  ),
  stateful('secret.created', 'A secret was stored.', { versions: count('how many there are') }),
  event(
    'secret.read',
    'A secret was read.',
    { version: text('which version') },
    { aliases: ['secret.accessed', 'secret.viewed'] },
  ),
  stateful(
    'secret.updated',
    'A secret got a new value.',
    { version: text('which version') },
    { aliases: ['secret.rotated'] },
  ),
  stateful('secret.deleted', 'A secret was deleted.', { recoverable_until: time('until when it can be had back') }),
  stateful('encryption_key.created', 'A key that encrypts data was made.', { algorithm }),
  stateful('encryption_key.rotated', 'A key that encrypts data got a new version.', {
    algorithm,
    version: text('which'),
  }),
  stateful('encryption_key.disabled', 'A key that encrypts data was put out of use.', { algorithm }),
  stateful('encryption_key.destroyed', 'A key that encrypts data was destroyed, and what it encrypts with it.', {
    algorithm,
    scheduled_for: time('when it is gone for good'),
  }),
  event('encryption_key.exported', 'A key that encrypts data was taken out of its store.', {
    wrapped: flag('whether another key protects it'),
  }),
  stateful('signing_key.created', 'A key that signs was made.', { algorithm }),
  stateful('signing_key.rotated', 'A key that signs was replaced.', { algorithm }),
  stateful('signing_key.revoked', 'A key that signs was made void.', { algorithm }),
]);

const certificates: readonly ActionDefinition[] = [
  stateful('certificate.issued', 'A certificate was issued.', {
    domains: texts('for what'),
    not_after: time('until when'),
  }),
  stateful('certificate.renewed', 'A certificate was renewed.', { not_after: time('until when') }),
  stateful('certificate.revoked', 'A certificate was made void.', { reason_code: text('of RFC 5280') }),
];

const providers: readonly ActionDefinition[] = [
  ...(
    [
      ['sso_provider', 'A single sign-on provider', ['oidc', 'saml']],
      ['oauth_provider', 'A provider of sign-in with other accounts', ['oauth2', 'oidc']],
    ] as const
  ).flatMap(([category, what, protocols]) => {
    const protocol = oneOf(protocols, 'how it is spoken to');
    return [
      stateful(`${category}.created`, `${what} was set up.`, { protocol }, { aliases: [`${category}.added`] }),
      stateful(`${category}.updated`, `${what} was changed.`, { protocol, fields: texts('which fields') }),
      stateful(`${category}.enabled`, `${what} was switched on.`, { protocol }),
      stateful(`${category}.disabled`, `${what} was switched off.`, { protocol }),
      stateful(`${category}.deleted`, `${what} was deleted.`, { protocol }, { aliases: [`${category}.removed`] }),
      event(`${category}.tested`, `${what} was tried out.`, { protocol, error: text('what went wrong') }),
    ];
  }),
  stateful('sso_provider.certificate_rotated', 'The certificate of a single sign-on provider was replaced.', {
    not_after: time('until when the new one is good'),
  }),
  stateful('sso_provider.enforced', 'Members must sign in through a single sign-on provider from now on.', {
    exempt: count('members who need not'),
  }),
  event('oauth_provider.secret_rotated', 'The secret shared with a provider of sign-in was replaced.'),
  event(
    'directory.synced',
    'Accounts were brought in step with a directory.',
    {
      added: count('accounts'),
      updated: count('accounts'),
      removed: count('accounts'),
    },
    { aliases: ['scim.synced'] },
  ),
  event(
    'directory.sync_failed',
    'Accounts could not be brought in step with a directory.',
    { error: text('why') },
    {
      aliases: ['scim.sync_failed'],
    },
  ),
];

/** What programs and organizations prove themselves by. */
export const credentials: readonly ActionDefinition[] = [
  ...apiKeys,
  ...accounts,
  ...keyMaterial,
  ...certificates,
  ...providers,
];
