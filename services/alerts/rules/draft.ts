import type { Extensions } from './extensions.js';
import type { RuleFault } from './fault.js';
import type { CorrelationType, CountCondition, Detection, Level, LogSource, Rule, RuleText } from './rule.js';
import type { Source } from './sources/index.js';

/** Something that the text says, and where. */
export interface Said {
  name: string;
  offset: number;
}

/** A rule as one document says it, before the rules it refers to are known. */
export type Draft = {
  id: string;
  name: string | undefined;
  form: Rule['form'];
  level: Level;
  logSource: LogSource;
  text: RuleText;
  extensions: Extensions;
  actions: readonly string[];
  inhibitedBy?: InhibitionDraft;
  offset: number;
  /** It is there for a correlation of the same document alone. */
  hidden?: boolean;
} & (
  | { kind: 'detection'; detection: Detection; source: Source }
  | { kind: 'correlation'; correlation: CorrelationDraft }
);

/** Which rules' alerts keep this one's quiet, before they are known. */
export interface InhibitionDraft {
  rules: readonly Said[];
  equal?: readonly Said[];
}

export interface CorrelationDraft {
  type: CorrelationType;
  rules: readonly Said[];
  groupBy: readonly Said[];
  /** Alias, then the name of a rule, then its field. */
  aliases: ReadonlyMap<string, ReadonlyMap<string, Said>>;
  timespanUs: number;
  condition: CountCondition;
  values: readonly Said[];
  generate: boolean;
}

/** A draft and the text it is from, which makes lines of offsets. */
export interface Placed {
  draft: Draft;
  source: string;
  faultAt(code: RuleFault['code'], message: string, offset: number): RuleFault;
}
