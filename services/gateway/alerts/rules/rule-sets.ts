import { createHash } from 'node:crypto';
import { type PackText, packTexts } from '../../../alerts/pack/index.js';
import type { RuleTable, RuleText } from '../../../alerts/rule-texts/index.js';
import { parseRuleSet, type Rule, type RuleFault, type RuleSource } from '../../../alerts/rules/index.js';
import { Problem } from '../../errors.js';

/** A text of rules as an owner has it: its own, or one of those that are built in. */
export interface OwnedText {
  id: string;
  name: string;
  text: string;
  enabled: boolean;
  builtIn: boolean;
  /**
   * Of a built-in one: its text in this release. An owner that switched it has the text of that time, which runs until it is switched on
   * again.
   */
  latest?: string;
  /** What is stored of it for this owner; undefined for a built-in one that nobody switched. */
  stored: RuleText | undefined;
}

/** Whether a built-in rule runs with the text of an earlier release. */
export const isOutdated = ({ latest, text }: OwnedText): boolean => latest !== undefined && latest !== text;

/** Texts of rules by owner, read as sets. '' is the deployment, whose rules are judged for every organization. */
export interface RuleSets {
  list(owner: string): Promise<OwnedText[]>;
  /** Throws not-found. */
  find(owner: string, id: string): Promise<OwnedText>;
  /** The texts that a text needs beside it: those of the same owner that run, and what built-in ones share. */
  around(owner: string, text: Pick<OwnedText, 'id' | 'builtIn'>): Promise<RuleSource[]>;
  /** What built-in texts refer to, as a text of its own. */
  readonly shared: PackText;
}

/** At most so many texts of one owner. */
export const mostTexts = 2_000;

export function createRuleSets({ table }: { table: RuleTable }): RuleSets {
  const pack = packTexts();
  const shared = pack.find(({ id }) => id.endsWith('.shared'))!;
  const builtIn = new Map(pack.filter((one) => one !== shared).map((one) => [one.id, one]));

  const list: RuleSets['list'] = async (owner) => {
    const rows = await table.of([owner, '']);
    const rowOf = (whose: string, id: string): RuleText | undefined =>
      rows.find((row) => row.organizationId === whose && row.id === id);
    const own = rows.filter(
      ({ organizationId, id }) => organizationId === owner && !builtIn.has(id) && id !== shared.id,
    );
    return [
      ...own.map((stored) => ({
        id: stored.id,
        name: stored.name,
        text: stored.text,
        enabled: stored.enabled,
        builtIn: false,
        stored,
      })),
      ...[...builtIn.values()].map(({ id, name, text, enabled }) => {
        const stored = rowOf(owner, id);
        return {
          id,
          name,
          text: stored?.enabled ? stored.text : text,
          enabled: (stored ?? rowOf('', id))?.enabled ?? enabled,
          builtIn: true,
          latest: text,
          stored,
        };
      }),
    ];
  };

  return {
    list,
    shared,
    async find(owner, id) {
      const text = (await list(owner)).find((one) => one.id === id);
      if (text) return text;
      throw new Problem('not-found', `there is no alert rule ${JSON.stringify(id)}`);
    },
    async around(owner, { id, builtIn: isBuiltIn }) {
      if (isBuiltIn) return [{ source: shared.id, text: shared.text }];
      const others = (await list(owner)).filter((one) => !one.builtIn && one.enabled && one.id !== id);
      return others.map((one) => ({ source: one.id, text: one.text }));
    },
  };
}

/** What a text's rules are when it is read among others. Sets that were read lately are not read again. */
export function createTextReader({ most = 64 }: { most?: number } = {}) {
  const known = new Map<
    string,
    { rules: readonly Rule[]; faults: readonly RuleFault[]; warnings: readonly RuleFault[] }
  >();
  return (source: RuleSource, around: readonly RuleSource[]) => {
    const key = createHash('sha256')
      .update(JSON.stringify([source, around]))
      .digest('hex');
    const read = known.get(key) ?? parseRuleSet([...around, source]);
    known.delete(key);
    known.set(key, read);
    if (known.size > most) known.delete(known.keys().next().value!);
    return read;
  };
}
export type ReadText = ReturnType<typeof createTextReader>;

const mostFaults = 20;

/** 422 with a place for each fault. `texts` names texts by their source. */
export function invalidRule(faults: readonly RuleFault[], ownSource: string): Problem {
  const [first] = faults;
  const where = ({ source, line, column }: RuleFault): string =>
    source === ownSource ? `line ${line}, column ${column}` : `${source}, line ${line}, column ${column}`;
  const others = faults.length > 1 ? `, and ${faults.length - 1} more` : '';
  return new Problem('invalid-rule', first ? `${where(first)}: ${first.message}${others}` : 'it holds no rule', {
    errors: faults.slice(0, mostFaults).map((fault) => ({
      pointer: '/text',
      line: fault.line,
      column: fault.column,
      code: fault.code,
      detail: fault.source === ownSource ? fault.message : `${fault.source}: ${fault.message}`,
    })),
    extensions: { faults: faults.length },
  });
}
