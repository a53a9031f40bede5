import { RE2JS } from 're2js';
import type { ScalarPart } from './document.js';
import type { RegexTest } from './expression.js';
import { Refused } from './fault.js';
import type { RuleLimits } from './limits.js';
import type { FieldKey } from './modifiers.js';
import { textOf } from './parts.js';

/** The expression as the engine runs it: RE2's language, in time linear in the text. Throws where it is none. */
export function compileRegex({ source, ignoreCase, multiline, dotAll }: RegexTest): RE2JS {
  const flags =
    (ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) | (multiline ? RE2JS.MULTILINE : 0) | (dotAll ? RE2JS.DOTALL : 0);
  return RE2JS.compile(source, flags);
}

export function regexTest(part: ScalarPart, { field, flags }: FieldKey, limits: RuleLimits): RegexTest {
  const source = textOf(part, `${field}|re`, limits.regexLength);
  const test: RegexTest = {
    kind: 'regex',
    source,
    ignoreCase: flags.has('i'),
    multiline: flags.has('m'),
    dotAll: flags.has('s'),
  };
  let size: number;
  try {
    size = compileRegex(test).programSize();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Refused('invalid', `${field}|re ${JSON.stringify(source)} is no regular expression of RE2: ${why}`, part);
  }
  if (size > limits.regexProgram) {
    const most = limits.regexProgram;
    throw new Refused('limit', `${field}|re compiles to ${size} instructions, at most ${most}`, part);
  }
  return test;
}
