import { isIP } from 'node:net';
import { countryPoints } from '../geo/country-points.js';
import { type MapPart, type Part, readDocuments } from '../rules/document.js';
import { Refused, type RuleFault } from '../rules/fault.js';
import { type RuleLimits, ruleLimits } from '../rules/limits.js';
import type { RuleSource } from '../rules/parse.js';
import { find, given, itemsOf, mapOf, needed, numberOf, onlyKeys, textOf } from '../rules/parts.js';
import type { Rule } from '../rules/rule.js';
import type { Place } from '../windows/match.js';
import { readEvents } from './events.js';
import type { ExpectedAlert, RuleTest } from './rule-test.js';
import { defaultStartUs, instantOf, momentOf } from './time.js';

/** What carries tests in a rule's document: `custom_attributes: tests: [...]`. */
export function readRuleTests(
  sources: readonly RuleSource[],
  rules: readonly Rule[],
  limits: RuleLimits = ruleLimits,
): { tests: RuleTest[]; faults: RuleFault[] } {
  const tests: RuleTest[] = [];
  const faults: RuleFault[] = [];
  for (const { source, text } of sources) {
    const { documents, positionOf } = readDocuments(text, { limits });
    for (const document of documents) {
      // What is wrong with the rule itself is said by whoever reads rules.
      if ('refused' in document || document.root.kind !== 'map') continue;
      const { line } = positionOf(document.offset);
      const carried = rules.filter(({ origin }) => origin.source === source && origin.line === line);
      // A rule of the simple form is two, of which the first is hidden.
      const rule = carried.at(-1);
      const attributes = given(document.root, 'custom_attributes');
      const part = attributes?.kind === 'map' ? given(attributes, 'tests') : undefined;
      if (!rule || !part) continue;
      for (const item of itemsOf(part)) {
        try {
          tests.push(readTest(item, rule, positionOf(item.offset).line));
        } catch (error) {
          if (!(error instanceof Refused)) throw error;
          faults.push({ source, ...positionOf(error.offset), code: error.code, message: error.message });
        }
      }
    }
  }
  return { tests, faults };
}

function readTest(part: Part, rule: Rule, line: number): RuleTest {
  const map = mapOf(part, 'a test');
  onlyKeys(map, 'a test', ['name', 'start', 'places', 'events', 'alerts']);
  if (!rule.alerts) {
    const why = `${JSON.stringify(rule.text.title)} gives no alerts of its own: put tests into the correlation that refers to it`;
    throw new Refused('invalid', why, part);
  }
  const start = given(map, 'start');
  const places = given(map, 'places');
  const alerts = given(map, 'alerts');
  const startUs = start ? instantOf(start, 'start') : defaultStartUs;
  if (!alerts)
    throw new Refused('missing', 'alerts is missing; [] where there have to be none', find(map, 'alerts') ?? map);
  return {
    name: textOf(needed(map, 'name', 'a test: '), 'name', 256),
    rule,
    events: readEvents(needed(map, 'events', 'a test: '), startUs),
    places: places ? readPlaces(mapOf(places, 'places')) : new Map(),
    alerts: itemsOf(alerts).map((item) => readExpected(mapOf(item, 'an alert'), startUs)),
    origin: { source: rule.origin.source, line },
  };
}

/** `192.0.2.7: DE`, or `{lat: 52.5, lon: 13.4, country: DE}`. */
function readPlaces({ entries }: MapPart): Map<string, Place> {
  return new Map(
    entries.map(({ key, offset, value }) => {
      if (!isIP(key)) throw new Refused('invalid', `places: ${JSON.stringify(key)} is no address`, { offset });
      if (value.kind === 'scalar') return [key, countryAt(value)];
      const map = mapOf(value, `places: ${key}`);
      onlyKeys(map, `places: ${key}`, ['lat', 'lon', 'country']);
      const country = given(map, 'country');
      const degrees = (name: string, most: number): number =>
        numberOf(needed(map, name, `places: ${key}: `), name, { min: -most, max: most });
      return [
        key,
        {
          lat: degrees('lat', 90),
          lon: degrees('lon', 180),
          ...(country ? { country: textOf(country, 'country', 2) } : {}),
        },
      ];
    }),
  );
}

function countryAt(part: Part): Place {
  const country = textOf(part, 'places', 2);
  const point = countryPoints.get(country);
  if (point) return { ...point, country };
  throw new Refused(
    'invalid',
    `places: ${JSON.stringify(country)} is no country's code (ISO 3166, for example DE)`,
    part,
  );
}

function readExpected(map: MapPart, startUs: number): ExpectedAlert {
  onlyKeys(map, 'an alert', ['group', 'organization', 'at', 'until', 'count', 'hits']);
  const number = (name: string): number | undefined => {
    const part = given(map, name);
    return part && numberOf(part, name, { min: 1, max: Number.MAX_SAFE_INTEGER });
  };
  const moment = (name: string): number | undefined => {
    const part = given(map, name);
    return part && momentOf(part, name, startUs);
  };
  const group = given(map, 'group');
  const organization = given(map, 'organization');
  const expected = {
    group:
      group && new Map(mapOf(group, 'group').entries.map(({ key, value }) => [key, textOf(value, `group: ${key}`)])),
    organization: organization && textOf(organization, 'organization'),
    atUs: moment('at'),
    untilUs: moment('until'),
    count: number('count'),
    hits: number('hits'),
  };
  return Object.fromEntries(Object.entries(expected).filter(([, value]) => value !== undefined)) as ExpectedAlert;
}
