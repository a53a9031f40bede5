import type { Bind } from '../../../core/sql/bind.js';
import type { Place } from '../../rules/field.js';

type DocumentPlace = Extract<Place, { kind: 'document' }>;

/** Items of a list instead of the list, as JSON. */
const items = (json: string): string => `if(JSONType(${json}) = 'Array', JSONExtractArrayRaw(${json}), [${json}])`;
const openAll = (list: string): string => `arrayFlatten(arrayMap(x -> ${items('x')}, ${list}))`;

/** What stands at the path, as JSON, lists on the way being gone through: place.ts in SQL. */
function walkedSql({ document, path }: DocumentPlace, bind: Bind): string {
  return path.reduce(
    (list, key) =>
      `arrayFilter(x -> x != '', arrayMap(x -> JSONExtractRaw(x, ${bind('String', key)}), ${openAll(list)}))`,
    `[${document}]`,
  );
}

/** Every value at the place, as a list of JSON texts. Where no list is on the way, the path is followed at once. */
export function valuesSql(place: DocumentPlace, bind: Bind): string {
  const { document, path } = place;
  if (path.length === 0) return `if(isValidJSON(${document}), ${items(`JSONExtractRaw(${document})`)}, [])`;
  const args = [document, ...path.map((key) => bind('String', key))].join(', ');
  const slow = path.length === 1 ? firstStepSql(place, bind) : openAll(walkedSql(place, bind));
  return `if(JSONHas(${args}), ${items(`JSONExtractRaw(${args})`)}, ${slow})`;
}

/** A path of one key, not found at once, can only be below a list that is the whole document. */
const firstStepSql = (place: DocumentPlace, bind: Bind): string =>
  `if(JSONType(${place.document}) = 'Array', ${openAll(walkedSql(place, bind))}, [])`;

export function existsSql(place: DocumentPlace, bind: Bind): string {
  const { document, path } = place;
  if (path.length === 0) return `isValidJSON(${document})`;
  const args = [document, ...path.map((key) => bind('String', key))].join(', ');
  return `(JSONHas(${args}) OR notEmpty(${walkedSql(place, bind)}))`;
}

export const isNumberSql = (json: string): string => `JSONType(${json}) IN ('Int64', 'UInt64', 'Double')`;

/** What a JSON value says as text. */
const textSql = (json: string): string =>
  `multiIf(startsWith(${json}, '"'), JSONExtractString(${json}), ${isNumberSql(json)}, toString(JSONExtractFloat(${json}) + 0), ${json})`;

/** The texts of JSON values; null has none. */
export const textsSql = (values: string): string =>
  `arrayMap(x -> ${textSql('x')}, arrayFilter(x -> x != 'null', ${values}))`;
