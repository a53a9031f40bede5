import { describe, test } from 'node:test';
import type { Static } from 'typebox';
import type * as console from '../../services/console/src/alerts/types.js';
import type * as alerts from '../../services/gateway/alerts/alerts/schemas.js';
import type { Backtest } from '../../services/gateway/alerts/backtest/schemas.js';
import type * as channels from '../../services/gateway/alerts/channels/schemas.js';
import type * as rules from '../../services/gateway/alerts/rules/schemas.js';
import type { Silence } from '../../services/gateway/alerts/silences/routes.js';

/** Compiles only where every answer of a schema can be read as the type. */
const reads = <_Read, _Answer extends _Read>(): void => {};

// The console says for itself what it reads, as any customer's program does, and imports nothing of the gateway. What it says is held against the
// schemas by the compiler: where an answer changes, this does not build.
describe('what the console reads of alerts', () => {
  test('is what the gateway answers', () => {
    reads<console.AlertList, Static<typeof alerts.AlertList>>();
    reads<console.AlertDetail, Static<typeof alerts.AlertDetailAnswer>>();
    reads<{ rules: console.RuleSummary[] }, Static<typeof rules.AlertRuleList>>();
    reads<console.RuleDetail, Static<typeof rules.AlertRuleDetail>>();
    reads<console.Validation, Static<typeof rules.Validation>>();
    reads<console.TestRun, Static<typeof rules.TestRun>>();
    reads<Omit<console.Backtest, 'findings' | 'difference'>, Static<typeof Backtest>>();
    reads<console.Silence, Static<typeof Silence>>();
    reads<{ channels: console.Channel[] }, Static<typeof channels.ChannelList>>();
    reads<console.ChannelTest, Static<typeof channels.TestAnswer>>();
    reads<{ dead_letters: console.DeadLetter[] }, Static<typeof channels.DeadLetters>>();
  });
});
