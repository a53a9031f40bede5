import { emailKind } from './email.js';
import type { ChannelKind, ChannelKindName } from './kind.js';
import { pagerdutyKind } from './pagerduty.js';
import { slackKind } from './slack.js';
import { teamsKind } from './teams.js';
import { webhookKind } from './webhook.js';

/** Every kind of channel. Settings reach a kind only after its schema took them. */
export const channelKinds: Readonly<Record<ChannelKindName, ChannelKind>> = {
  email: emailKind,
  slack: slackKind,
  webhook: webhookKind,
  pagerduty: pagerdutyKind,
  teams: teamsKind,
};
