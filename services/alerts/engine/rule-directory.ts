import { messageOf } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import type { InhibitedBy } from '../findings/index.js';
import { packTexts } from '../pack/index.js';
import type { RuleTable, RuleText } from '../rule-texts/index.js';
import { parseRuleSet, type Rule, type RuleFault } from '../rules/index.js';
import type { Locate } from '../windows/index.js';
import { type ActiveRules, activateRules, type OwnerRules } from './active-rules.js';
import type { EngineMetrics } from './engine-metrics.js';

/** What belongs to a rule beside what it finds. */
export interface RuleSetting {
  channels: readonly string[];
  repeatSeconds: number;
  /** Of the text. */
  version: number;
  inhibitedBy?: InhibitedBy | undefined;
}

/** The rules that are judged, as the table has them within a second. A set that does not parse leaves the one before it running. */
export interface RuleDirectory {
  readonly active: ActiveRules;
  /** Of the text that a rule stands in. */
  setting(owner: string, ruleId: string): RuleSetting | undefined;
  /** What is wrong with the sets that are not running, by owner. */
  readonly faults: ReadonlyMap<string, readonly RuleFault[]>;
  /** Reads the table now. Rejects where it cannot be read; then all is as before. */
  refresh(): Promise<void>;
  stop(): void;
}

interface OwnerState extends OwnerRules {
  /** Of the texts that it was made of. */
  made: string;
  settings: ReadonlyMap<string, RuleSetting>;
}

const sourceName = ({ name, id }: RuleText): string => (name === '' ? id : name);

const decisionName = (organization: string, textId: string): string => JSON.stringify([organization, textId]);

/** Texts of the deployment's that organizations have as their own: built-in ones that they switched on or off. */
function decisionsOf(texts: readonly RuleText[], builtIn: ReadonlySet<string>): ReadonlySet<string> {
  return new Set(
    texts
      .filter(({ organizationId, id }) => organizationId !== '' && builtIn.has(id))
      .map(({ organizationId, id }) => decisionName(organizationId, id)),
  );
}

export function createRuleDirectory({
  table,
  locate,
  metrics,
  log,
  pollMs = 500,
}: {
  table: RuleTable;
  locate?: Locate | undefined;
  metrics: EngineMetrics;
  log: Logger;
  pollMs?: number;
}): RuleDirectory {
  let owners = new Map<string, OwnerState>();
  // Only these: no organization shall switch off what the deployment wrote for everybody.
  const builtIn = new Set(packTexts().map(({ id }) => id));
  let decisions: ReadonlySet<string> = new Set();
  const faults = new Map<string, readonly RuleFault[]>();
  const refused = new Map<string, string>();
  let active = activateRules([], { locate });
  let fingerprint = '';

  const refresh = async (): Promise<void> => {
    const now = await table.fingerprint();
    if (now === fingerprint) return;
    const all = await table.all();
    const texts = all.filter(({ enabled }) => enabled);
    const decided = decisionsOf(all, builtIn);
    const next = new Map<string, OwnerState>();
    for (const owner of new Set(texts.map(({ organizationId }) => organizationId))) {
      const state = read(
        owner,
        texts.filter(({ organizationId }) => organizationId === owner),
      );
      if (state) next.set(owner, state);
    }
    for (const owner of faults.keys())
      if (!texts.some(({ organizationId }) => organizationId === owner)) faults.delete(owner);
    const changed =
      decided.size !== decisions.size ||
      [...decided].some((one) => !decisions.has(one)) ||
      next.size !== owners.size ||
      [...next].some(([owner, state]) => owners.get(owner) !== state);
    owners = next;
    decisions = decided;
    fingerprint = now;
    if (!changed) return;
    active = activateRules([...owners.values()], {
      locate,
      decides: (organization, textId) => decided.has(decisionName(organization, textId)),
    });
    metrics.rules.set(active.size);
    log.info({ rules: active.size, windows: active.windows.size }, 'the rules of alerts changed');
  };

  /** What runs of an owner's texts: the set before, where they are the same or do not parse. */
  const read = (owner: string, texts: readonly RuleText[]): OwnerState | undefined => {
    const made = JSON.stringify(texts.map(({ id, version }) => [id, version]));
    const running = owners.get(owner);
    if (running?.made === made || refused.get(owner) === made) return running;
    const parsed = parseRuleSet(texts.map((one) => ({ source: one.id, text: one.text })));
    if (parsed.faults.length > 0) {
      const named = new Map(texts.map((one) => [one.id, sourceName(one)]));
      const said = parsed.faults.map((fault) => ({ ...fault, source: named.get(fault.source) ?? fault.source }));
      faults.set(owner, said);
      const first = said[0]!;
      log.error(
        { owner, faults: said.length, running: running?.rules.length ?? 0 },
        `a set of rules is refused: ${first.source}:${first.line} ${first.message}`,
      );
      if (running) {
        refused.set(owner, made);
        return running;
      }
    } else faults.delete(owner);
    refused.delete(owner);
    const byText = new Map(texts.map((one) => [one.id, one]));
    const textOf = (rule: Rule): RuleText => byText.get(rule.origin.source)!;
    return {
      owner,
      rules: parsed.rules,
      activeFromUs: (rule) => textOf(rule).activeFromUs,
      made,
      settings: new Map(
        parsed.rules.map((rule) => {
          const { channels, repeatSeconds, version } = textOf(rule);
          const told = channels.length > 0 ? channels : rule.actions;
          return [rule.id, { channels: told, repeatSeconds, version, inhibitedBy: rule.inhibitedBy }];
        }),
      ),
    };
  };

  let reading: Promise<void> | undefined;
  const once = (): Promise<void> => {
    reading ??= refresh().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  const polling = setInterval(() => {
    once().catch((error) =>
      log.warn({ error: messageOf(error) }, 'the rules of alerts cannot be read; those known hold'),
    );
  }, pollMs);
  polling.unref();

  return {
    get active() {
      return active;
    },
    faults,
    setting: (owner, ruleId) => owners.get(owner)?.settings.get(ruleId),
    refresh: once,
    stop: () => clearInterval(polling),
  };
}
