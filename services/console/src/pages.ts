import type { ComponentType } from 'preact';
import type { Permission } from './api/types.js';
import Explore from './explore/explore.js';
import type { PathParameters } from './router/paths.js';
import type { IconName } from './ui/icon.js';

export interface PageProps {
  /** Those of the path, decoded. */
  parameters: PathParameters;
}

export interface Page {
  /** `/actors/:id`. */
  path: string;
  title: string;
  icon: IconName;
  /** Where it stands in the navigation; pages without a group are reached by links only. */
  group?: Group;
  /** Whoever has none of these is told which is missing. */
  permission?: readonly Permission[];
  /** There with the console itself, or in a file that is loaded when the page is opened first. */
  component: ComponentType<PageProps> | { load: () => Promise<{ default: ComponentType<PageProps> }> };
}

export const groups = ['Look', 'Watch', 'Trust', 'Manage'] as const;
export type Group = (typeof groups)[number];

/** Every page of the console, in the order of the navigation. To add one, add a line here and a folder with its component. */
export const pages: readonly Page[] = [
  {
    path: '/',
    title: 'Explore',
    icon: 'explore',
    group: 'Look',
    permission: ['view:audit_logs', 'view:system_audit_logs'],
    // What most come for: no further request stands before its first rows.
    component: Explore,
  },
  {
    path: '/events/:id',
    title: 'Event',
    icon: 'explore',
    permission: ['view:audit_logs', 'view:system_audit_logs'],
    component: { load: () => import('./event/event-page.js') },
  },
  {
    path: '/timeline/:id',
    title: 'Timeline',
    icon: 'timeline',
    permission: ['view:audit_logs', 'view:system_audit_logs'],
    component: { load: () => import('./timeline/timeline.js') },
  },
  {
    path: '/entities/:type/:id',
    title: 'Entity',
    icon: 'entity',
    permission: ['view:audit_logs', 'view:system_audit_logs'],
    component: { load: () => import('./entity/entity.js') },
  },
  {
    path: '/actors/:id',
    title: 'Actor',
    icon: 'person',
    permission: ['view:audit_logs', 'view:system_audit_logs'],
    component: { load: () => import('./actor/actor.js') },
  },
  {
    path: '/overview',
    title: 'Overview',
    icon: 'overview',
    group: 'Look',
    permission: ['view:audit_logs'],
    component: { load: () => import('./overview/overview.js') },
  },
  {
    path: '/alerts',
    title: 'Alerts',
    icon: 'alert',
    group: 'Watch',
    permission: ['view:audit_logs'],
    component: { load: () => import('./alerts/alerts.js') },
  },
  {
    path: '/rules',
    title: 'Rules',
    icon: 'rule',
    group: 'Watch',
    permission: ['view:audit_logs'],
    component: { load: () => import('./alerts/rules/rules.js') },
  },
  {
    path: '/rules/:id',
    title: 'Rule',
    icon: 'rule',
    permission: ['view:audit_logs'],
    component: { load: () => import('./alerts/rules/rule.js') },
  },
  {
    path: '/silences',
    title: 'Silences',
    icon: 'silence',
    group: 'Watch',
    permission: ['view:audit_logs'],
    component: { load: () => import('./alerts/silences/silences.js') },
  },
  {
    path: '/channels',
    title: 'Channels',
    icon: 'channel',
    group: 'Watch',
    permission: ['manage:alerts'],
    component: { load: () => import('./alerts/channels/channels.js') },
  },
  {
    path: '/integrity',
    title: 'Integrity',
    icon: 'integrity',
    group: 'Trust',
    component: { load: () => import('./integrity/integrity.js') },
  },
  {
    path: '/verify',
    title: 'Verify a bundle',
    icon: 'check',
    group: 'Trust',
    component: { load: () => import('./verify/verify.js') },
  },
  {
    path: '/exports',
    title: 'Export',
    icon: 'export',
    group: 'Manage',
    permission: ['export:audit_logs'],
    component: { load: () => import('./manage/exports/exports.js') },
  },
  {
    path: '/erasures',
    title: 'Erasures',
    icon: 'erase',
    group: 'Manage',
    permission: ['admin'],
    component: { load: () => import('./manage/erasures/erasures.js') },
  },
  {
    path: '/producers',
    title: 'Producers',
    icon: 'producer',
    group: 'Manage',
    permission: ['manage:keys'],
    component: { load: () => import('./manage/producers/producers.js') },
  },
  {
    path: '/quarantine',
    title: 'Quarantine',
    icon: 'quarantine',
    group: 'Manage',
    permission: ['view:system_audit_logs'],
    component: { load: () => import('./manage/quarantine/quarantine.js') },
  },
  {
    path: '/keys',
    title: 'API keys',
    icon: 'key',
    group: 'Manage',
    permission: ['manage:keys'],
    component: { load: () => import('./manage/keys/key-list.js') },
  },
  {
    path: '/roles',
    title: 'Roles',
    icon: 'person',
    group: 'Manage',
    permission: ['manage:keys'],
    component: { load: () => import('./manage/roles/roles.js') },
  },
  {
    path: '/auditors',
    title: 'Auditors',
    icon: 'link',
    group: 'Manage',
    permission: ['manage:keys'],
    component: { load: () => import('./manage/auditors/auditors.js') },
  },
  {
    path: '/organizations',
    title: 'Organizations',
    icon: 'organization',
    group: 'Manage',
    component: { load: () => import('./manage/organizations/organizations.js') },
  },
];
