import type { Entry } from './document.js';
import { type Inequality, type TimePart, timeParts } from './expression.js';
import { Refused } from './fault.js';

const matches = ['contains', 'startswith', 'endswith', 're', 'cidr', 'exists', 'fieldref'] as const;
const inequalities = ['lt', 'lte', 'gt', 'gte'] as const;
const regexFlags = ['i', 'm', 's'] as const;
type Match = (typeof matches)[number];

/** What stands before the colon in a selection: `CommandLine|contains|all`. */
export interface FieldKey {
  /** '' where the values are looked for in the whole event. */
  field: string;
  match: Match | undefined;
  /** Beside `match: 'fieldref'`: which part of the text the other field is. */
  part: 'contains' | 'startswith' | 'endswith' | undefined;
  time: TimePart | undefined;
  comparison: Inequality | undefined;
  all: boolean;
  cased: boolean;
  negated: boolean;
  /** Dashes and slashes are the same. */
  windash: boolean;
  flags: ReadonlySet<(typeof regexFlags)[number]>;
}

/** Modifiers that Sigma has and this engine has not, and what to do instead. */
const refused: Readonly<Record<string, string>> = {
  base64: 'write the encoded text',
  base64offset: 'write the encoded texts',
  expand:
    'its placeholders stand for lists that whoever runs the rule has to give, and none can be given here: write the values out',
  utf16: 'write the encoded text',
  utf16le: 'write the encoded text',
  utf16be: 'write the encoded text',
  wide: 'write the encoded text',
};

const known = [...matches, ...inequalities, ...timeParts, 'all', 'cased', 'neq', 'windash', ...regexFlags];
const isOne = <T extends string>(list: readonly T[], name: string): name is T =>
  (list as readonly string[]).includes(name);

/** Throws Refused for modifiers that are unknown, or that contradict each other. */
export function parseKey({ key, offset }: Entry): FieldKey {
  const [field = '', ...modifiers] = key.split('|');
  const refuse = (code: 'unknown_modifier' | 'unsupported' | 'invalid', name: string, why: string): never => {
    throw new Refused(code, `the modifier ${name} of ${JSON.stringify(field)} ${why}`, { offset });
  };
  let result: FieldKey = {
    field,
    match: undefined,
    part: undefined,
    time: undefined,
    comparison: undefined,
    all: false,
    cased: false,
    negated: false,
    windash: false,
    flags: new Set(),
  };
  const seen = new Set<string>();
  for (const name of modifiers) {
    if (Object.hasOwn(refused, name)) refuse('unsupported', name, `is not supported: ${refused[name]}`);
    if (!known.includes(name)) refuse('unknown_modifier', name, `is unknown; known are ${known.join(', ')}`);
    if (seen.has(name)) refuse('invalid', name, 'is given twice');
    seen.add(name);
    const next = withModifier(result, name);
    if (!next) refuse('invalid', name, `does not go with ${[...seen].filter((other) => other !== name).join(', ')}`);
    result = next!;
  }
  const misfit = misfitOf(result);
  if (misfit)
    refuse(
      'invalid',
      misfit,
      `does not go with ${[...seen].filter((other) => other !== misfit).join(', ') || 'no other'}`,
    );
  return result;
}

/** Undefined where the modifier cannot stand beside those before it. */
function withModifier(key: FieldKey, name: string): FieldKey | undefined {
  const taken = key.match !== undefined || key.time !== undefined || key.comparison !== undefined;
  if (name === 'all') return { ...key, all: true };
  if (name === 'cased') return { ...key, cased: true };
  if (name === 'neq') return { ...key, negated: true };
  if (name === 'windash') return { ...key, windash: true };
  if (isOne(regexFlags, name)) return key.match === 're' ? { ...key, flags: new Set([...key.flags, name]) } : undefined;
  if (isOne(inequalities, name)) {
    return key.match === undefined && key.comparison === undefined ? { ...key, comparison: name } : undefined;
  }
  if (isOne(timeParts, name)) {
    return key.match === undefined && key.time === undefined ? { ...key, time: name } : undefined;
  }
  if (name === 'contains' || name === 'startswith' || name === 'endswith') {
    if (key.match === 'fieldref' && !key.part) return { ...key, part: name };
    return taken ? undefined : { ...key, match: name };
  }
  if (name === 'fieldref' && isOne(['contains', 'startswith', 'endswith'] as const, key.match ?? '')) {
    return { ...key, match: 'fieldref', part: key.match as FieldKey['part'] };
  }
  return taken ? undefined : { ...key, match: name as Match };
}

/** What makes no sense wherever it stands. */
function misfitOf(key: FieldKey): string | undefined {
  const ofText = !['re', 'cidr', 'exists'].includes(key.match ?? '') && !key.time && !key.comparison;
  if (key.cased && !ofText) return 'cased';
  if (key.windash && (!ofText || key.match === 'fieldref')) return 'windash';
  if (key.all && (key.match === 'exists' || key.match === 'cidr')) return 'all';
  if (key.field === '') {
    if (key.match === 'cidr' || key.match === 'exists' || key.match === 'fieldref') return key.match;
    return key.time ?? key.comparison ?? (key.negated ? 'neq' : undefined);
  }
  return undefined;
}
