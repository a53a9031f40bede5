import type { ActionDefinition } from '../action.js';
import { count, event, flag, oneOf, stateful, text, texts, time } from '../define.js';

const role = text('which role');
const changed = texts('which fields');

const users: readonly ActionDefinition[] = [
  stateful(
    'user.created',
    'A user account was made.',
    { role, via: oneOf(['signup', 'admin', 'invitation', 'sso', 'directory', 'import', 'api'], 'how') },
    { aliases: ['user.registered', 'user.signed_up', 'auth.register', 'auth.registered', 'auth.signup'] },
  ),
  stateful('user.updated', 'Fields of a user account were changed.', { fields: changed }, { aliases: ['user.edited'] }),
  stateful('user.email_changed', 'The email address of a user account was changed.', {
    verified: flag('whether the new one was proved'),
  }),
  event(
    'user.email_verified',
    'Someone proved that an email address is theirs.',
    {},
    { aliases: ['auth.email_verified'] },
  ),
  stateful(
    'user.suspended',
    'A user account was put out of use for a while.',
    { until: time('until when') },
    { aliases: ['user.disabled', 'user.deactivated', 'user.blocked', 'user.banned'] },
  ),
  stateful(
    'user.reactivated',
    'A user account was put into use again.',
    {},
    { aliases: ['user.enabled', 'user.activated', 'user.unsuspended', 'user.unblocked'] },
  ),
  stateful(
    'user.deleted',
    'A user account was deleted.',
    { by_request: flag('whether its owner asked for it') },
    {
      aliases: ['user.removed'],
    },
  ),
  event('user.merged', 'Two user accounts were made one.', { merged_into: text('the id of the one that stays') }),
  event('user.data_exported', 'The data kept about a person were handed out.', { bytes: count('how much') }),
  event('user.preferences_updated', 'Someone changed how the product behaves for them.', { fields: changed }),
];

const members: readonly ActionDefinition[] = [
  event(
    'member.invited',
    'Someone was invited to the organization.',
    { role, expires_at: time('when the invitation ends') },
    { aliases: ['invitation.created', 'invitation.sent', 'user.invited'] },
  ),
  event('member.invitation_revoked', 'An invitation was taken back.', { role }, { aliases: ['invitation.revoked'] }),
  event('member.invitation_declined', 'An invitation was declined.', {}, { aliases: ['invitation.declined'] }),
  stateful(
    'member.joined',
    'Someone accepted an invitation and is a member now.',
    { role },
    { aliases: ['invitation.accepted', 'member.accepted'] },
  ),
  stateful(
    'member.added',
    'Someone was made a member without an invitation.',
    { role },
    {
      aliases: ['organization.member_added'],
    },
  ),
  stateful(
    'member.role_changed',
    'The role of a member was changed.',
    { from: text('the role before'), to: text('the role after') },
    { aliases: ['member.role_updated', 'organization.member_role_changed'] },
  ),
  stateful('member.updated', 'Fields of a membership were changed.', { fields: changed }),
  stateful(
    'member.suspended',
    'A member was shut out for a while.',
    { until: time('until when') },
    {
      aliases: ['member.disabled'],
    },
  ),
  stateful('member.reinstated', 'A member who was shut out was let in again.', {}, { aliases: ['member.enabled'] }),
  stateful(
    'member.removed',
    'A member was taken out of the organization.',
    { role },
    {
      aliases: ['member.deleted', 'organization.member_removed'],
    },
  ),
  stateful('member.left', 'A member left the organization by themselves.', { role }),
];

const groups: readonly ActionDefinition[] = [
  stateful(
    'team.created',
    'A team was made.',
    { members: count('how many it began with') },
    { aliases: ['group.created'] },
  ),
  stateful('team.updated', 'Fields of a team were changed.', { fields: changed }, { aliases: ['group.updated'] }),
  stateful(
    'team.deleted',
    'A team was deleted.',
    { members: count('how many it had') },
    { aliases: ['group.deleted'] },
  ),
  event('team.member_added', 'Someone was put into a team.', { role }, { aliases: ['group.member_added'] }),
  event('team.member_removed', 'Someone was taken out of a team.', { role }, { aliases: ['group.member_removed'] }),
];

const roles: readonly ActionDefinition[] = [
  stateful('role.created', 'A role was made.', { permissions: texts('what it permits') }),
  stateful('role.updated', 'Name or description of a role was changed.', { fields: changed }),
  stateful(
    'role.permissions_changed',
    'What a role permits was changed.',
    { added: texts('permissions that came'), removed: texts('permissions that went') },
    { aliases: ['role.permissions_updated'] },
  ),
  stateful('role.deleted', 'A role was deleted.', { members: count('how many had it') }),
];

/** Accounts, memberships, teams and roles. */
export const people: readonly ActionDefinition[] = [...users, ...members, ...groups, ...roles];
