import type { ErasablePartName } from '../../core/erasure/index.js';
import type { Bind } from '../../core/sql/bind.js';
import type { WireEvent } from '../../core/wire/event.js';
import { Problem } from '../errors.js';
import { type Filter, filterSql, matches, readFilter, readParameters } from '../query/filter.js';

/** Whom or what an erasure concerns, as the request says it. Kept as this JSON while the work lasts. */
export type SubjectInput =
  | { actor_id: string; as?: SubjectRole }
  | { email: string; as?: SubjectRole }
  | { filter: Record<string, unknown> };

/** As what a person stands in an event. */
export const subjectRoles = ['any', 'actor', 'target'] as const;
export type SubjectRole = (typeof subjectRoles)[number];

export interface Subject {
  kind: 'actor_id' | 'email' | 'filter';
  /** As conditions to be joined by AND. */
  sql(bind: Bind): string[];
  /** The same said of an event in memory. */
  test(event: WireEvent): boolean;
  /** What the bytes of a record about the subject surely hold; none where that cannot be said. */
  texts: readonly string[];
}

/** Times in a filter are relative to `nowMs`: the request's, whenever it is read again. Throws a Problem for a filter that cannot be read. */
export function readSubject(input: SubjectInput, { nowMs }: { nowMs: number }): Subject {
  if ('actor_id' in input) return personById(input.actor_id, input.as ?? 'any');
  if ('email' in input) return personByEmail(input.email, input.as ?? 'any');
  return byFilter(input.filter, nowMs);
}

const oneOf = (conditions: readonly (string | false)[]): string[] => [conditions.filter(Boolean).join(' OR ')];

function personById(id: string, as: SubjectRole): Subject {
  return {
    kind: 'actor_id',
    sql: (bind) =>
      oneOf([
        as !== 'target' && `actor_id = ${bind('String', id)}`,
        as !== 'actor' && `target_id = ${bind('String', id)}`,
      ]),
    test: ({ body }) => (as !== 'target' && body.actor_id === id) || (as !== 'actor' && body.target_id === id),
    texts: [id],
  };
}

/** In whatever case: addresses are written both ways. A target may be named by its address. */
function personByEmail(email: string, as: SubjectRole): Subject {
  const lower = email.toLowerCase();
  return {
    kind: 'email',
    sql: (bind) =>
      oneOf([
        as !== 'target' && `lowerUTF8(actor_email) = ${bind('String', lower)}`,
        as !== 'actor' && `lowerUTF8(target_name) = ${bind('String', lower)}`,
      ]),
    test: ({ identity }) =>
      (as !== 'target' && identity.actor_email.toLowerCase() === lower) ||
      (as !== 'actor' && identity.target_name.toLowerCase() === lower),
    texts: [email],
  };
}

function byFilter(input: Record<string, unknown>, nowMs: number): Subject {
  if ('organization_id' in input) {
    const detail = 'chooses no events here; say it beside the subject, as organization';
    throw new Problem('invalid-request', `/subject/filter/organization_id ${detail}`, {
      errors: [{ pointer: '/subject/filter/organization_id', detail }],
    });
  }
  const filter: Filter = readFilter(readParameters(input), { nowMs });
  if (filter.parts.length === 0) {
    const detail = 'is empty: it would erase everything';
    throw new Problem('invalid-request', `/subject/filter ${detail}`, {
      errors: [{ pointer: '/subject/filter', detail }],
    });
  }
  return {
    kind: 'filter',
    sql: (bind) => filterSql(filter, bind),
    test: (event) => matches(filter, event),
    texts: [],
  };
}

/** Columns of each part: it is there as long as one of them holds something. */
export const columnsOf: Readonly<Record<ErasablePartName, readonly string[]>> = {
  identity: ['actor_name', 'actor_email', 'target_name', 'ip_bytes', 'user_agent', 'session_id'],
  content: ['message', 'path', 'details', 'before', 'after'],
};

/** Whether any of the parts is there and not erased. */
export const stillThere = (parts: readonly ErasablePartName[]): string =>
  parts
    .map((part) => `(${part}_digest = '' AND (${columnsOf[part].map((name) => `${name} != ''`).join(' OR ')}))`)
    .join(' OR ');

/** What was erased is told for ever: the events about erasures stay as they are. */
export const notAboutErasure = "NOT (scope = 'system' AND startsWith(action, 'erasure.'))";
export const isAboutErasure = ({ body }: WireEvent): boolean =>
  body.scope === 'system' && body.action.startsWith('erasure.');
