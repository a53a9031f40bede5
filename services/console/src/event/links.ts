import type { AuditEvent } from '../api/types.js';
import { fillPath } from '../router/paths.js';
import { changeQuery, writeQuery } from '../router/query.js';
import type { MenuItem } from '../ui/menu.js';

/** Events of the system scope have ways of their own, in the API and in the console's addresses: `view=system`. */
export const isSystem = ({ scope }: Pick<AuditEvent, 'scope'>): boolean => scope === 'system';

/** Where the API answers questions about events. */
export const apiBase = (system: boolean): string => (system ? '/api/audit/system' : '/api/audit');

const page = (pattern: string, parameters: Record<string, string>, system: boolean): string =>
  fillPath(pattern, parameters) + writeQuery(changeQuery({}, { view: system ? 'system' : undefined }));

export const eventHref = (id: string, system: boolean): string => page('/events/:id', { id }, system);
export const timelineHref = (id: string, system: boolean): string => page('/timeline/:id', { id }, system);
export const actorHref = (id: string, system: boolean): string => page('/actors/:id', { id }, system);
export const entityHref = (type: string, id: string, system: boolean): string =>
  page('/entities/:type/:id', { type, id }, system);

/** Explore with filters, over all time: what is looked for may be long ago. */
export const exploreHref = (filters: Readonly<Record<string, string>>, system: boolean): string =>
  `/${writeQuery(changeQuery({ range: ['all'] }, { ...filters, view: system ? 'system' : undefined }))}`;

/** Ways from the values of an event to what else is known of them. */
export const waysOf = {
  correlation: (event: AuditEvent): MenuItem[] =>
    event.correlation_id
      ? [
          {
            label: 'Timeline of the workflow',
            icon: 'timeline',
            href: timelineHref(event.correlation_id, isSystem(event)),
          },
        ]
      : [],
  actor: (event: AuditEvent): MenuItem[] => {
    const key = event.actor.id ?? event.actor.email;
    return key ? [{ label: 'All about this actor', icon: 'person', href: actorHref(key, isSystem(event)) }] : [];
  },
  target: (event: AuditEvent): MenuItem[] => {
    const { type, id } = event.target ?? {};
    return type && id
      ? [{ label: 'History of the target', icon: 'entity', href: entityHref(type, id, isSystem(event)) }]
      : [];
  },
  event: (event: AuditEvent): MenuItem[] => [
    { label: 'The event on a page of its own', icon: 'link', href: eventHref(event.id, isSystem(event)) },
  ],
};
