import { Problem } from '../../errors.js';
import { createGate } from '../../live/gate.js';
import type { EventAnswer } from '../answer.js';
import type { RawQuery, ScopeFor } from '../event-queries.js';
import { decodePageCursor, encodePageCursor, pageBinding } from '../page-cursor.js';
import type { EventsTable, TenantScope } from '../scope.js';
import { type Actor, type CountryOf, readActor } from './actors.js';
import { type Correlation, readCorrelation } from './correlations.js';
import { type Entity, readEntityEvents, readEntityState, type StateAnswer } from './entities.js';
import { type Facet, readFacet } from './facets.js';
import {
  pathValue,
  readActorRequest,
  readFacetsRequest,
  readPageRequest,
  readTimeseriesRequest,
  readValuesRequest,
  withPath,
} from './requests.js';
import { readTimeseries, type Timeseries } from './timeseries.js';
import { type FieldValues, readValues } from './values.js';

type Persistent<T> = T & { persistentLogging: boolean };

export type FacetsAnswer = Persistent<{ facets: Record<string, Facet> }>;
export type EntityAnswer = Persistent<{
  entity: Entity;
  /** Where a time was asked for. */
  state?: StateAnswer;
  events: EventAnswer[];
  next_cursor: string | null;
}>;
export type CorrelationAnswer = Persistent<Correlation & { correlation_id: string; next_cursor: string | null }>;
export type ActorAnswer = Persistent<Actor & { actor: string }>;

/** The questions behind charts and pages, free of HTTP. All of them are about the events that the filters let through. */
export interface Insights {
  facets(ask: Ask): Promise<FacetsAnswer>;
  timeseries(ask: Ask): Promise<Persistent<Timeseries>>;
  values(field: string, ask: Ask): Promise<Persistent<FieldValues>>;
  entity(entity: Entity, ask: Ask): Promise<EntityAnswer>;
  /** Throws not-found where no event is to be seen; so does `actor`. */
  correlation(id: string, ask: Ask): Promise<CorrelationAnswer>;
  actor(idOrEmail: string, ask: Ask): Promise<ActorAnswer>;
}

export interface Ask {
  scopeFor: ScopeFor;
  query: RawQuery;
  signal: AbortSignal;
}

/** One request's facets may keep so many queries running. */
const facetsAtOnce = 3;

export function createInsights({
  table,
  persistentLogging: persistent = async () => true,
  countryOf,
  now = Date.now,
}: {
  table: EventsTable;
  persistentLogging?: (scope: TenantScope) => Promise<boolean>;
  countryOf?: CountryOf | undefined;
  now?: () => number;
}): Insights {
  return {
    async facets({ scopeFor, query, signal }) {
      const nowMs = now();
      const { filter, facets, top, labels } = readFacetsRequest(query, { nowMs });
      // Who asks for an organization that is none of theirs is refused, whether a facet then leaves it out or not.
      const scope = scopeFor(filter.organizations);
      const inTurn = createGate(facetsAtOnce);
      const asked = facets.map((facet) => ({ ...facet, scope: scopeFor(facet.filter.organizations) }));
      const read = await Promise.all(
        asked.map((one) =>
          inTurn(() => readFacet({ table, ...one, top, labels: labels ? { nowMs } : undefined, signal })),
        ),
      );
      return {
        facets: Object.fromEntries(asked.map(({ field }, at) => [field.names[0]!, read[at]!])),
        persistentLogging: await persistent(scope),
      };
    },

    async timeseries({ scopeFor, query, signal }) {
      const nowMs = now();
      const request = readTimeseriesRequest(query, { nowMs });
      const scope = scopeFor(request.filter.organizations);
      return {
        ...(await readTimeseries({ table, scope, ...request, nowMs, signal })),
        persistentLogging: await persistent(scope),
      };
    },

    async values(field, { scopeFor, query, signal }) {
      const nowMs = now();
      const request = readValuesRequest(field, query, { nowMs });
      const scope = scopeFor(request.filter.organizations);
      return {
        ...(await readValues({ table, scope, ...request, nowMs, signal })),
        persistentLogging: await persistent(scope),
      };
    },

    async entity(given, { scopeFor, query, signal }) {
      const nowMs = now();
      const entity = { type: pathValue('type', given.type), id: pathValue('entity', given.id) };
      const { filter, filters, cursor, limit, atUs } = readPageRequest(query, { nowMs }, { at: true });
      const scope = scopeFor(filter.organizations);
      const binding = pageBinding(scope, new Map([...filters, ['the entity', [entity.type, entity.id]]]));
      const after = cursor === undefined ? undefined : decodePageCursor(cursor, binding);
      const shared = { table, scope, entity, signal };
      const [{ events, end }, state] = await Promise.all([
        readEntityEvents({ ...shared, filter, after, limit, nowMs }),
        atUs === undefined ? undefined : readEntityState({ ...shared, atUs }),
      ]);
      return {
        entity,
        ...(state ? { state } : {}),
        events,
        next_cursor: end ? encodePageCursor(binding, end) : null,
        persistentLogging: await persistent(scope),
      };
    },

    async correlation(given, { scopeFor, query, signal }) {
      const nowMs = now();
      const id = pathValue('correlation', given);
      const asked = withPath(query, 'correlation_id', id);
      const { filter, filters, cursor, limit } = readPageRequest(asked, { nowMs }, { at: false });
      const scope = scopeFor(filter.organizations);
      const binding = pageBinding(scope, filters, 'oldest');
      const after = cursor === undefined ? undefined : decodePageCursor(cursor, binding);
      const found = await readCorrelation({ table, scope, filter, after, limit, nowMs, signal });
      if (!found) throw nothing('correlation id', id);
      return {
        correlation_id: id,
        ...found.correlation,
        next_cursor: found.end ? encodePageCursor(binding, found.end) : null,
        persistentLogging: await persistent(scope),
      };
    },

    async actor(given, { scopeFor, query, signal }) {
      const nowMs = now();
      const actor = pathValue('actor', given);
      const { filter, timezone } = readActorRequest(withPath(query, 'actor', actor, ['user']), { nowMs });
      const scope = scopeFor(filter.organizations);
      const found = await readActor({ table, scope, filter, timezone, countryOf, nowMs, signal });
      if (!found) throw nothing('actor', actor);
      return { actor, ...found, persistentLogging: await persistent(scope) };
    },
  };
}

const nothing = (what: string, id: string): Problem =>
  new Problem('not-found', `no event with the ${what} ${JSON.stringify(id)} is to be seen`);
