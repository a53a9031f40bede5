import type { ActionDefinition } from '../action.js';
import { anything, count, event, flag, object, oneOf, stateful, text, texts, time } from '../define.js';

const fields = texts('which fields');
const scope = text('where it applies: the organization, an application, a team');

const organizations: readonly ActionDefinition[] = [
  stateful(
    'organization.created',
    'An organization was made.',
    { region: text('where its data are kept'), registry_offset: count('of the entry that names it') },
    { aliases: ['org.created', 'workspace.created', 'tenant.created', 'realm.created'] },
  ),
  stateful(
    'organization.updated',
    'Fields of an organization were changed.',
    { fields },
    { aliases: ['org.updated', 'workspace.updated', 'tenant.updated', 'realm.updated'] },
  ),
  stateful('organization.renamed', 'An organization got another name.', {
    registry_offset: count('of the entry that names it'),
  }),
  stateful('organization.suspended', 'An organization was put out of use.', { until: time('until when') }),
  stateful(
    'organization.restored',
    'An organization was put into use again.',
    {},
    {
      aliases: ['organization.reactivated'],
    },
  ),
  stateful(
    'organization.deleted',
    'An organization was deleted.',
    { recoverable_until: time('until when it can be had back') },
    { aliases: ['org.deleted', 'workspace.deleted', 'tenant.deleted', 'realm.deleted'] },
  ),
  stateful('organization.ownership_transferred', 'An organization got another owner.', {
    from: text('id of the owner before'),
    to: text('id of the owner after'),
  }),
  stateful('organization.domain_added', 'A domain was claimed for an organization.', { domain: text('which') }),
  stateful('organization.domain_verified', 'A claimed domain was proved.', { domain: text('which') }),
  stateful('organization.domain_removed', 'A domain was taken from an organization.', { domain: text('which') }),
  stateful(
    'settings.updated',
    'Settings were changed.',
    { section: text('which part of them'), fields },
    { aliases: ['organization.settings_updated', 'settings.changed', 'config.updated'] },
  ),
];

const applications: readonly ActionDefinition[] = [
  stateful(
    'application.created',
    'An application was registered.',
    { type: text('web, native, service') },
    {
      aliases: ['app.created', 'client.created'],
    },
  ),
  stateful(
    'application.updated',
    'Fields of an application were changed.',
    { fields },
    {
      aliases: ['app.updated', 'client.updated'],
    },
  ),
  stateful('application.enabled', 'An application was put into use.', {}, { aliases: ['app.enabled'] }),
  stateful('application.disabled', 'An application was put out of use.', {}, { aliases: ['app.disabled'] }),
  stateful('application.deleted', 'An application was deleted.', {}, { aliases: ['app.deleted', 'client.deleted'] }),
  stateful('application.redirect_uris_changed', 'Where an application may send people after sign-in was changed.', {
    added: texts('addresses that came'),
    removed: texts('addresses that went'),
  }),
  event('application.secret_rotated', 'The secret of an application was replaced.', {
    old_ends_at: time('when the old one ends'),
  }),
  event('application.authorized', 'An application was let into an organization.', { scopes: texts('for what') }),
  event('application.deauthorized', 'An application was shut out of an organization.', { scopes: texts('from what') }),
];

const policies: readonly ActionDefinition[] = [
  stateful(
    'policy.set',
    'A policy was given a value.',
    { policy: text('which policy'), scope, value: anything('the new value') },
    { aliases: ['policy.updated', 'policy.created', 'policy.changed'] },
  ),
  stateful(
    'policy.clamped',
    'A policy was narrowed because one above it was: nobody did it, it followed.',
    {
      policy: text('which policy'),
      scope,
      cause: text('id of the policy above that was changed'),
      asked: anything('the value that was set here'),
      limit: anything('the value that the one above leaves'),
    },
    { aliases: ['policy.cascaded'] },
  ),
  stateful(
    'policy.deleted',
    'A policy was deleted; what stands above it holds again.',
    { policy: text('which policy'), scope },
    {
      aliases: ['policy.removed', 'policy.unset'],
    },
  ),
  event('policy.violated', 'Something was done or tried that a policy forbids.', {
    policy: text('which policy'),
    enforced: flag('whether it was stopped'),
  }),
];

const flags: readonly ActionDefinition[] = [
  stateful('feature_flag.created', 'A feature flag was made.', { default: anything('its value where no rule fits') }),
  stateful(
    'feature_flag.changed',
    'Who gets a feature was changed.',
    { environment: text('where'), rollout: { type: 'number', minimum: 0, maximum: 100, description: 'per cent' } },
    { aliases: ['feature_flag.updated', 'feature_flag.toggled', 'flag.updated'] },
  ),
  stateful('feature_flag.deleted', 'A feature flag was deleted.'),
];

const plugins: readonly ActionDefinition[] = [
  stateful(
    'plugin.installed',
    'A plugin was installed.',
    { version: text('which') },
    { aliases: ['integration.connected'] },
  ),
  stateful('plugin.updated', 'A plugin was brought to another version.', { version: text('which') }),
  stateful('plugin.enabled', 'A plugin was switched on.', { version: text('which') }),
  stateful('plugin.disabled', 'A plugin was switched off.', { version: text('which') }),
  stateful(
    'plugin.removed',
    'A plugin was taken out.',
    { version: text('which') },
    {
      aliases: ['plugin.uninstalled', 'integration.disconnected'],
    },
  ),
  stateful('plugin_config.created', 'A plugin was configured for the first time.', { plugin: text('which'), scope }),
  stateful(
    'plugin_config.updated',
    'The configuration of a plugin was changed.',
    { plugin: text('which'), scope, fields },
    {
      aliases: ['plugin_config.changed', 'plugin_config.set'],
    },
  ),
  stateful('plugin_config.deleted', 'The configuration of a plugin was deleted.', { plugin: text('which'), scope }),
];

const webhooks: readonly ActionDefinition[] = [
  stateful('webhook.created', 'A webhook was set up.', { events: texts('what it is told') }),
  stateful('webhook.updated', 'A webhook was changed.', { events: texts('what it is told'), fields }),
  stateful('webhook.enabled', 'A webhook was switched on.'),
  stateful('webhook.disabled', 'A webhook was switched off, by somebody or after too many failures.', {
    failures: count('in a row'),
  }),
  stateful('webhook.deleted', 'A webhook was deleted.'),
  event('webhook.secret_rotated', 'The secret that signs what a webhook sends was replaced.'),
  event('webhook.delivered', 'A webhook told its target something, and the target took it.', {
    attempt: count('which try, from 1'),
    status: count('the HTTP status'),
    milliseconds: count('how long it took'),
  }),
  event(
    'webhook.failed',
    'A webhook could not tell its target something.',
    {
      attempt: count('which try, from 1'),
      status: count('the HTTP status'),
      milliseconds: count('how long it took'),
      final: flag('whether no more tries follow'),
    },
    { aliases: ['webhook.delivery_failed'] },
  ),
  event('webhook.tested', 'A webhook was tried out.', { status: count('the HTTP status') }),
];

const intelligence: readonly ActionDefinition[] = [
  stateful(
    'ai_settings.updated',
    'What AI may do in an organization was changed.',
    { fields },
    {
      aliases: ['ai.settings_updated', 'ai_settings.changed'],
    },
  ),
  stateful(
    'ai_settings.model_changed',
    'Another AI model was chosen.',
    { provider: text('whose'), model: text('which') },
    {
      aliases: ['ai.model_changed'],
    },
  ),
  stateful('ai_settings.provider_added', 'A provider of AI models was connected.', { provider: text('which') }),
  stateful('ai_settings.provider_removed', 'A provider of AI models was disconnected.', { provider: text('which') }),
  stateful('ai_settings.data_sharing_changed', 'Whether AI providers may learn from the data was changed.', {
    allowed: flag('whether they may'),
  }),
  event('ai_settings.budget_exceeded', 'AI was used beyond what is granted.', {
    limit: { type: 'number', minimum: 0, description: 'what is granted' },
    unit: oneOf(['tokens', 'requests', 'currency'], 'of what'),
  }),
  stateful('agent.created', 'An AI agent was made.', { model: text('which model'), tools: texts('what it may use') }),
  stateful('agent.updated', 'An AI agent was changed.', { model: text('which model'), fields }),
  stateful('agent.enabled', 'An AI agent was switched on.'),
  stateful('agent.disabled', 'An AI agent was switched off.'),
  stateful('agent.deleted', 'An AI agent was deleted.'),
  stateful('agent.permissions_changed', 'What an AI agent may use was changed.', {
    added: texts('tools that came'),
    removed: texts('tools that went'),
  }),
  event('agent.run_started', 'An AI agent began to work.', {
    trigger: text('what set it off'),
    model: text('which model'),
  }),
  event('agent.run_completed', 'An AI agent finished its work.', {
    steps: count('how many'),
    tokens: count('how many'),
  }),
  event('agent.run_failed', 'An AI agent gave up.', { steps: count('how many'), error: text('why') }),
  event('agent.tool_called', 'An AI agent used a tool.', {
    tool: text('which'),
    arguments: object('what it was called with'),
    milliseconds: count('how long it took'),
  }),
  event('agent.tool_denied', 'An AI agent wanted to use a tool and was not let.', {
    tool: text('which'),
    policy: text('which rule forbids it'),
  }),
  event('agent.approval_requested', 'An AI agent asked a person whether it may go on.', {
    tool: text('with which tool'),
  }),
  event('agent.approval_granted', 'A person let an AI agent go on.', { tool: text('with which tool') }),
  event('agent.approval_denied', 'A person stopped an AI agent.', { tool: text('with which tool') }),
];

/** Organizations and what they set up: applications, policies, plugins, webhooks, AI. */
export const organizationActions: readonly ActionDefinition[] = [
  ...organizations,
  ...applications,
  ...policies,
  ...flags,
  ...plugins,
  ...webhooks,
  ...intelligence,
];
