import { readAttributes } from './attributes.js';
import { readCorrelation } from './correlation.js';
import { readDetection } from './detection.js';
import type { MapPart, Part } from './document.js';
import type { Draft } from './draft.js';
import { Refused } from './fault.js';
import { idOf, madeId } from './identity.js';
import type { RuleLimits } from './limits.js';
import { find, given, itemsOf, mapOf, needed, oneOf, textOf } from './parts.js';
import { type LogSource, levels, type RuleText } from './rule.js';
import { sourceOf } from './sources/index.js';
import { timeZoneOf } from './time-zone.js';

/** What the reading of a document needs beside it. */
export interface Setting {
  limits: RuleLimits;
  warn(code: 'invalid' | 'unknown_log_source', message: string, at: { offset: number }): void;
}

/** A document in Sigma's form. */
export function readSigma(map: MapPart, { limits, warn }: Setting): Draft {
  const action = find(map, 'action');
  if (action) throw new Refused('unsupported', 'action is no part of Sigma 2: write every rule out', action);
  const taxonomy = given(map, 'taxonomy');
  if (taxonomy && textOf(taxonomy, 'taxonomy') !== 'sigma') {
    throw new Refused(
      'unsupported',
      `the taxonomy ${textOf(taxonomy, 'taxonomy')} is not supported; only sigma is`,
      taxonomy,
    );
  }
  const detection = find(map, 'detection');
  const correlation = find(map, 'correlation');
  if (detection && correlation) {
    throw new Refused('invalid', 'a rule has a detection or a correlation, not both', correlation);
  }
  const base = { ...headOf(map), form: 'sigma' as const, offset: map.offset };
  const custom = given(map, 'custom_attributes');
  const attributes = custom && mapOf(custom, 'custom_attributes');
  if (correlation) {
    return {
      ...base,
      ...readAttributes(attributes, { limits }),
      kind: 'correlation',
      logSource: {},
      correlation: readCorrelation(mapOf(correlation.value, 'correlation'), limits),
    };
  }
  const logSource = readLogSource(mapOf(needed(map, 'logsource'), 'logsource'));
  const source = sourceOf(logSource);
  if (source.warning) warn('unknown_log_source', source.warning, find(map, 'logsource')!);
  const zone = attributes && given(attributes, 'timezone');
  const timeZone = zone ? timeZoneOf(zone, 'timezone') : 'UTC';
  const reading = { source, limits, timeZone, warn };
  return {
    ...base,
    ...readAttributes(attributes, { limits, source }),
    kind: 'detection',
    logSource,
    source,
    detection: readDetection(mapOf(needed(map, 'detection'), 'detection'), reading),
  };
}

/** What every rule says of itself. */
function headOf(map: MapPart): Pick<Draft, 'id' | 'name' | 'level' | 'text'> {
  const title = textOf(needed(map, 'title'), 'title', 256);
  const name = given(map, 'name');
  const id = given(map, 'id');
  const level = given(map, 'level');
  const named = name && textOf(name, 'name', 256);
  return {
    id: id ? idOf(id, 'id') : madeId(named ?? title),
    name: named,
    level: level ? oneOf(level, 'level', levels) : 'medium',
    text: ruleText(map, title),
  };
}

export function ruleText(map: MapPart, title: string): RuleText {
  const text = (key: string): string => {
    const part = given(map, key);
    return part ? textOf(part, key) : '';
  };
  const texts = (key: string): string[] => {
    const part = given(map, key);
    return part ? itemsOf(part).map((item) => textOf(item, key)) : [];
  };
  return {
    title,
    description: text('description'),
    author: text('author'),
    license: text('license'),
    status: text('status'),
    date: text('date'),
    modified: text('modified'),
    references: texts('references'),
    tags: texts('tags'),
    falsePositives: texts('falsepositives'),
    fields: texts('fields'),
  };
}

function readLogSource(map: MapPart): LogSource {
  const part = (key: string): string | undefined => {
    const value: Part | undefined = given(map, key);
    return value && textOf(value, `logsource: ${key}`, 128).toLowerCase();
  };
  const product = part('product');
  const service = part('service');
  const category = part('category');
  if (product === undefined && service === undefined && category === undefined) {
    throw new Refused('missing', 'logsource: a product, service or category is missing', map);
  }
  return {
    ...(product === undefined ? {} : { product }),
    ...(service === undefined ? {} : { service }),
    ...(category === undefined ? {} : { category }),
  };
}
