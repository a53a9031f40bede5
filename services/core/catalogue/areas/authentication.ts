import type { ActionDefinition } from '../action.js';
import { count, event, flag, oneOf, stateful, text, texts, time } from '../define.js';

const method = text('how the caller proved who they are: password, passkey, oidc, saml, api_key');
const provider = text('which identity provider vouched');
const factor = oneOf(
  ['totp', 'sms', 'email', 'push', 'webauthn', 'hardware_token', 'recovery_code'],
  'which second factor',
);
const attempts = count('failed attempts so far');
const client = text('the client application the token is for');

const sessions: readonly ActionDefinition[] = [
  event(
    'auth.login',
    'Someone signed in.',
    { method, mfa: flag('whether a second factor was asked for'), remembered: flag('whether the device was known') },
    { aliases: ['login', 'auth.login_success', 'auth.login_succeeded', 'user.login', 'user.logged_in'] },
  ),
  event(
    'auth.login_failed',
    'Someone tried to sign in and was turned away.',
    { method, attempts },
    { aliases: ['login', 'auth.failed', 'auth.login_failure', 'user.login_failed', 'failed_login'] },
  ),
  event(
    'auth.logout',
    'Someone signed out.',
    { everywhere: flag('whether all of their sessions ended') },
    { aliases: ['logout', 'auth.signed_out', 'user.logout', 'user.logged_out'] },
  ),
  event('auth.session_expired', 'A session ended because its time was up.', { idle: flag('whether for want of use') }),
  event(
    'auth.session_revoked',
    'A session was ended by somebody else than the one who opened it, or from another device.',
    { sessions: count('how many sessions ended') },
    { aliases: ['session.revoked'] },
  ),
  event('auth.reauthenticated', 'Someone proved again who they are before a sensitive step.', { method }),
  event(
    'auth.new_device',
    'Someone signed in from a device that was not seen before.',
    { device: text('what kind of device') },
    { aliases: ['auth.device_new', 'auth.unknown_device'] },
  ),
  event('auth.device_trusted', 'A device was marked as one that needs no second factor.', {
    until: time('until when'),
  }),
  event('auth.impersonation_started', 'A person of support began to act as somebody else.', {
    ticket: text('why, by reference'),
    until: time('when it ends at the latest'),
  }),
  event('auth.impersonation_ended', 'A person of support stopped acting as somebody else.', {
    seconds: count('how long it took'),
  }),
];

const passwords: readonly ActionDefinition[] = [
  event(
    'auth.password_changed',
    'Someone changed their password, knowing the old one.',
    { sessions_ended: count('other sessions that ended with it') },
    { aliases: ['user.password_changed', 'password.changed'] },
  ),
  event('auth.password_change_failed', 'Someone tried to change their password and was refused.', {
    rule: text('which rule the new password broke'),
  }),
  event(
    'auth.password_reset_requested',
    'Someone asked for a way to set a forgotten password anew.',
    { channel: oneOf(['email', 'sms', 'admin'], 'how the link or code was sent') },
    { aliases: ['password_reset', 'auth.password_forgotten', 'user.password_reset_requested'] },
  ),
  event(
    'auth.password_reset',
    'A forgotten password was set anew.',
    { channel: oneOf(['email', 'sms', 'admin'], 'how it was permitted') },
    { aliases: ['password_reset', 'auth.password_reset_completed', 'user.password_reset'] },
  ),
  event('auth.password_reset_failed', 'A link or code for setting a password anew was refused.', {
    expired: flag('whether it was too old'),
  }),
  event('auth.password_expired', 'A password came of age and must be changed.', { age_days: count('how old it was') }),
  event('auth.password_compromised', 'A password was found in a known breach.', { source: text('where it was found') }),
];

const factors: readonly ActionDefinition[] = [
  event(
    'auth.mfa_enrolled',
    'Someone set up a second factor.',
    { factor, factors: count('how many they have now') },
    { aliases: ['auth.mfa_enabled', 'auth.mfa_enroll', 'auth.mfa_added', 'user.mfa_enabled', 'mfa.enrolled'] },
  ),
  event(
    'auth.mfa_disabled',
    'A second factor was taken away.',
    { factor, factors: count('how many are left') },
    { aliases: ['auth.mfa_removed', 'user.mfa_disabled', 'mfa.disabled'] },
  ),
  event('auth.mfa_challenge_sent', 'A second factor was asked for.', { factor }, { aliases: ['auth.mfa_challenge'] }),
  event(
    'auth.mfa_succeeded',
    'A second factor was given and fitted.',
    { factor },
    { aliases: ['auth.mfa_challenge', 'auth.mfa_verified', 'mfa.verified'] },
  ),
  event(
    'auth.mfa_failed',
    'A second factor was given and did not fit.',
    { factor, attempts },
    { aliases: ['auth.mfa_challenge', 'auth.mfa_rejected', 'mfa.failed'] },
  ),
  event('auth.mfa_reset', 'An administrator took all second factors of somebody away.', {
    factors: count('how many there were'),
  }),
  event('auth.recovery_codes_generated', 'New recovery codes were made, the old ones are void.', {
    codes: count('how many'),
  }),
  event('auth.recovery_code_used', 'A recovery code stood in for a second factor.', { left: count('codes left') }),
  event(
    'auth.passkey_added',
    'A passkey was registered.',
    { name: text('what its owner calls it'), synced: flag('whether it is kept in step between devices') },
    { aliases: ['auth.passkey_registered', 'passkey.added', 'passkey.registered'] },
  ),
  event(
    'auth.passkey_removed',
    'A passkey was taken away.',
    { name: text('what its owner called it'), passkeys: count('how many are left') },
    { aliases: ['passkey.removed', 'passkey.deleted'] },
  ),
  event(
    'auth.passkey_used',
    'Someone proved who they are by a passkey.',
    { name: text('what its owner calls it'), user_verified: flag('whether the device asked for a PIN or a finger') },
    { aliases: ['passkey.used'] },
  ),
  event('auth.passkey_failed', 'A passkey was offered and refused.', { attempts }, { aliases: ['passkey.failed'] }),
];

const refusals: readonly ActionDefinition[] = [
  event(
    'auth.account_locked',
    'An account was locked after too many failed attempts, or by an administrator.',
    { attempts, until: time('when it opens by itself') },
    { aliases: ['auth.lockout', 'auth.locked', 'user.locked', 'account.locked'] },
  ),
  event(
    'auth.account_unlocked',
    'A locked account was opened again.',
    { automatic: flag('whether because its time was up') },
    { aliases: ['auth.unlock', 'auth.unlocked', 'user.unlocked', 'account.unlocked'] },
  ),
  event(
    'auth.csrf_rejected',
    'A request was refused because its CSRF token was missing or wrong.',
    { origin: text('where the request said it came from') },
    { aliases: ['auth.csrf', 'auth.csrf_failed', 'auth.csrf_failure', 'security.csrf'] },
  ),
  event(
    'auth.permission_denied',
    'Someone who is signed in asked for what they may not do.',
    { permission: text('the permission that is missing'), resource: text('on what') },
    { aliases: ['auth.access_denied', 'access.denied', 'permission.denied', 'authz.denied'] },
  ),
  event('auth.rate_limited', 'A caller sent more than its rate allows.', {
    limit: count('how many are allowed'),
    window_seconds: count('in which time'),
  }),
  event('auth.suspicious_activity', 'Something about a sign-in was out of the ordinary.', {
    signals: texts('what was'),
    score: { type: 'number', minimum: 0, description: 'how much' },
  }),
];

const federation: readonly ActionDefinition[] = [
  event(
    'auth.oidc_login',
    'Someone signed in through an OpenID Connect provider.',
    { provider, issuer: text('the iss claim') },
    { aliases: ['sso_login', 'auth.sso_login', 'oidc.login', 'sso.login'] },
  ),
  event(
    'auth.oidc_login_failed',
    'A sign-in through an OpenID Connect provider failed.',
    { provider, error: text('the error code of RFC 6749 or OpenID Connect') },
    { aliases: ['sso_login', 'auth.sso_login_failed', 'oidc.login_failed'] },
  ),
  event(
    'auth.saml_login',
    'Someone signed in through a SAML identity provider.',
    { provider, name_id_format: text('the format of the NameID') },
    { aliases: ['sso_login', 'auth.sso_login', 'saml.login', 'sso.login'] },
  ),
  event(
    'auth.saml_login_failed',
    'A sign-in through a SAML identity provider failed.',
    { provider, error: text('what was wrong with the response') },
    { aliases: ['sso_login', 'auth.sso_login_failed', 'saml.login_failed'] },
  ),
  event(
    'auth.oauth_login',
    'Someone signed in with an account of another service.',
    { provider, linked: flag('whether the account was joined to an existing one') },
    { aliases: ['auth.social_login', 'oauth.login'] },
  ),
  event('auth.magic_link_sent', 'A one-time sign-in link was sent.', { expires_at: time('when it ends') }),
  event('auth.magic_link_used', 'Someone signed in by a one-time link.', { age_seconds: count('how old it was') }),
  event('auth.consent_granted', 'Someone let an application act for them.', { client, scopes: texts('for what') }),
  event('auth.consent_revoked', 'Someone took back what they had let an application do.', { client }),
];

const tokens: readonly ActionDefinition[] = [
  event('auth.token_issued', 'An access token was given out.', {
    grant_type: text('authorization_code, client_credentials, …'),
    client,
    scopes: texts('what it permits'),
    expires_in: count('seconds'),
  }),
  event(
    'auth.token_refreshed',
    'An access token was renewed.',
    { client, scopes: texts('what it permits'), expires_in: count('seconds') },
    { aliases: ['auth.token_refresh', 'token.refreshed', 'auth.refresh'] },
  ),
  event('auth.token_refresh_failed', 'An access token was not renewed.', { client, error: text('why, as a code') }),
  event('auth.token_reused', 'A refresh token that was used up was offered again: it may be stolen.', {
    client,
    family_revoked: flag('whether all tokens of its family are void now'),
  }),
  event(
    'auth.token_revoked',
    'A token was made void before its time.',
    { client, token_type: oneOf(['access', 'refresh', 'id', 'session'], 'which kind') },
    { aliases: ['token.revoked'] },
  ),
];

const assignments: readonly ActionDefinition[] = [
  stateful(
    'auth.role_assigned',
    'Someone was given a role.',
    { role: text('which role'), until: time('when it ends by itself') },
    { aliases: ['role.assigned', 'role.granted', 'auth.role_granted', 'user.role_assigned'] },
  ),
  stateful(
    'auth.role_revoked',
    'A role was taken from somebody.',
    { role: text('which role') },
    { aliases: ['role.unassigned', 'role.revoked', 'auth.role_unassigned', 'auth.role_removed', 'user.role_revoked'] },
  ),
];

/** Signing in, staying signed in, and being turned away. */
export const authentication: readonly ActionDefinition[] = [
  ...sessions,
  ...passwords,
  ...factors,
  ...refusals,
  ...federation,
  ...tokens,
  ...assignments,
];
