import type { RuleTable, RuleText } from '../../../alerts/rule-texts/index.js';
import type { Rule, RuleFault, RuleSource } from '../../../alerts/rules/index.js';
import { Problem } from '../../errors.js';
import { invalidRule, isOutdated, mostTexts, type OwnedText, type ReadText, type RuleSets } from './rule-sets.js';

/** What somebody says of a text of rules. What is absent stays, or is the usual. */
export interface RuleInput {
  text: string;
  name?: string | undefined;
  enabled?: boolean | undefined;
  channels?: readonly string[] | undefined;
  repeatSeconds?: number | undefined;
  /** The version that it is meant to follow; anything where absent. */
  version?: number | undefined;
}

export interface Changed {
  before: OwnedText | undefined;
  after: OwnedText;
}

/** Changes rules. Whatever would leave a set that cannot be run is refused, and the running set stays. */
export interface Rules {
  /** The rules of a text, read among those it may refer to. Throws invalid-rule. */
  read(
    owner: string,
    text: string,
    id?: string,
  ): Promise<{ rules: Rule[]; warnings: readonly RuleFault[]; around: RuleSource[] }>;
  create(owner: string, input: RuleInput, by: string): Promise<Changed>;
  put(owner: string, id: string, input: RuleInput, by: string): Promise<Changed>;
  switch(owner: string, id: string, enabled: boolean, by: string): Promise<Changed>;
  remove(owner: string, id: string, by: string): Promise<Changed>;
}

const textId = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

export function createRules({
  table,
  sets,
  readText,
  nowMs = Date.now,
}: {
  table: RuleTable;
  sets: RuleSets;
  readText: ReadText;
  nowMs?: () => number;
}): Rules {
  const read: Rules['read'] = async (owner, text, id = 'text') => {
    const around = await sets.around(owner, { id, builtIn: false });
    const { rules, faults, warnings } = readText({ source: id, text }, around);
    const own = rules.filter(({ origin }) => origin.source === id);
    const taken = faults.find(({ code }) => code === 'duplicate_rule');
    if (taken) throw new Problem('conflict', taken.message);
    if (faults.length > 0 || own.length === 0) throw invalidRule(faults, id);
    return { rules: own, warnings: warnings.filter(({ source }) => source === id), around };
  };

  /** Throws where the rules that stay cannot be run without the one that goes. */
  const checkRest = async (owner: string, id: string): Promise<void> => {
    const [first, ...rest] = await sets.around(owner, { id, builtIn: false });
    if (!first) return;
    const { faults } = readText(first, rest);
    if (faults.length === 0) return;
    const [{ source, line, message }] = faults as [RuleFault];
    throw new Problem('conflict', `other rules need it: ${source}, line ${line}: ${message}`);
  };

  const write = async (owner: string, before: OwnedText | undefined, given: Partial<RuleText>, by: string) => {
    const stored = before?.stored;
    const at = nowMs();
    const row: RuleText = {
      organizationId: owner,
      id: before?.id ?? '',
      name: before?.name ?? '',
      text: before?.text ?? '',
      enabled: before?.enabled ?? true,
      deleted: false,
      channels: stored?.channels ?? [],
      repeatSeconds: stored?.repeatSeconds ?? 0,
      activeFromUs: stored?.activeFromUs ?? at * 1_000,
      ...given,
      version: Math.max((stored?.version ?? 0) + 1, at * 1_000),
      changedAtMs: at,
      changedBy: by,
    };
    // Hits from before a text ran as it does are no findings.
    const isNew = row.enabled && (!before?.enabled || before.text !== row.text);
    const changed = { ...row, ...(isNew ? { activeFromUs: at * 1_000 } : {}) };
    await table.write([changed]);
    return textOf(changed, before);
  };

  const save = async (owner: string, id: string, input: RuleInput, before: OwnedText | undefined, by: string) => {
    const { rules } = await read(owner, input.text, id);
    const enabled = input.enabled ?? before?.enabled ?? true;
    if (before?.enabled && !enabled) await checkRest(owner, id);
    const given: Partial<RuleText> = {
      id,
      text: input.text,
      name: input.name ?? before?.name ?? nameOf(rules),
      enabled,
      ...(input.channels ? { channels: input.channels } : {}),
      ...(input.repeatSeconds === undefined ? {} : { repeatSeconds: input.repeatSeconds }),
    };
    return { before, after: await write(owner, before, given, by) };
  };

  const own = async (owner: string, id: string): Promise<OwnedText> => {
    const text = await sets.find(owner, id);
    if (!text.builtIn) return text;
    throw new Problem('conflict', `${id} is built in: it can be switched on and off, and copied under another id`);
  };

  return {
    read,
    async create(owner, input, by) {
      const { rules } = await read(owner, input.text);
      const id = (rules.find(({ alerts }) => alerts) ?? rules[0]!).id;
      const texts = await sets.list(owner);
      if (texts.some((one) => one.id === id)) throw new Problem('conflict', `there is an alert rule ${id} already`);
      if (texts.length >= mostTexts) throw new Problem('conflict', `there are ${texts.length} texts of rules already`);
      return save(owner, id, input, undefined, by);
    },
    async put(owner, id, input, by) {
      if (!textId.test(id))
        throw new Problem('invalid-request', 'the id is letters, digits and . _ : - only, 1 to 128');
      const before = (await sets.list(owner)).find((one) => one.id === id);
      if (before?.builtIn) await own(owner, id);
      const { version } = input;
      if (version !== undefined && version !== (before?.stored?.version ?? 0)) {
        const now = before?.stored?.version ?? 0;
        throw new Problem('conflict', `somebody changed the rule meanwhile: its version is ${now}, not ${version}`);
      }
      return save(owner, id, input, before, by);
    },
    async switch(owner, id, enabled, by) {
      const before = await sets.find(owner, id);
      if (before.enabled === enabled && before.stored && !(enabled && isOutdated(before))) {
        return { before, after: before };
      }
      if (before.builtIn && enabled) await shareWith(owner, by);
      if (!before.builtIn && enabled) await read(owner, before.text, id);
      if (!before.builtIn && !enabled) await checkRest(owner, id);
      const text = before.latest ?? before.text;
      return { before, after: await write(owner, before, { enabled, text }, by) };
    },
    async remove(owner, id, by) {
      const before = await own(owner, id);
      await checkRest(owner, id);
      return { before, after: await write(owner, before, { enabled: false, deleted: true }, by) };
    },
  };

  /** Built-in rules refer to what they share, which then has to be in the owner's set. */
  async function shareWith(owner: string, by: string): Promise<void> {
    const { id, name, text } = sets.shared;
    const [stored] = (await table.of([owner])).filter((row) => row.id === id);
    if (stored?.enabled && stored.text === text) return;
    await write(owner, { id, name, text, enabled: false, builtIn: true, stored }, { enabled: true }, by);
  }
}

const nameOf = (rules: readonly Rule[]): string => (rules.find(({ alerts }) => alerts) ?? rules[0]!).text.title;

const textOf = (stored: RuleText, { builtIn = false, latest }: Partial<OwnedText> = {}): OwnedText => ({
  id: stored.id,
  name: stored.name,
  text: stored.text,
  enabled: stored.enabled,
  builtIn,
  ...(latest === undefined ? {} : { latest }),
  stored,
});
