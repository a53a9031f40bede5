/** What a view of Explore can be made of: the console shows these, and the gateway saves no others. */

export const viewTabs = ['events', 'security', 'system'] as const;
export type ViewTab = (typeof viewTabs)[number];

/** Stretches back from now. */
export const viewSpans = ['15m', '1h', '24h', '7d', '30d', 'all'] as const;
export type ViewSpan = (typeof viewSpans)[number];

export const viewOrders = ['newest', 'oldest'] as const;
export type ViewOrder = (typeof viewOrders)[number];

/** Fields that are filtered by, in the order of their pills; each is a field of the query language. */
export const viewFields = [
  'action',
  'category',
  'outcome',
  'kind',
  'actor',
  'actor_type',
  'target_type',
  'target_id',
  'service',
  'ip',
  'auth_method',
  'reason',
  'correlation_id',
  'request_id',
  'session_id',
  'trace_id',
  'user_agent',
  'path',
  'organization_id',
  'application_id',
] as const;

/** Members of an event's JSON documents are filtered by as well: `details.region`. */
export const isMemberField = (field: string): boolean => /^(details|before|after)\../.test(field);

/** Columns in the order in which they stand. */
export const viewColumns = [
  'time',
  'outcome',
  'action',
  'actor',
  'target',
  'ip',
  'service',
  'message',
  'reason',
  'auth_method',
  'organization_id',
  'application_id',
  'correlation_id',
  'request_id',
  'session_id',
  'category',
  'kind',
  'actor_type',
  'target_type',
  'id',
] as const;
export type ViewColumn = (typeof viewColumns)[number];

/** Those that are shown where nobody has chosen any. */
export const usualViewColumns: readonly ViewColumn[] = [
  'time',
  'outcome',
  'action',
  'actor',
  'target',
  'ip',
  'message',
];

const quoted = (value: string): string => `"${value.replace(/[\\"]/g, '\\$&')}"`;

/**
 * A value as the query language takes it: in quotes it is a text, whatever it holds; a number or a word of JSON within a document
 * is either as it stands.
 */
export const valueText = (field: string, value: string): string =>
  isMemberField(field) && /^(-?(0|[1-9]\d*)(\.\d+)?|true|false|null)$/.test(value) ? value : quoted(value);

/** What is asked, as it was chosen: a stretch back from now stays one. */
export interface ViewState {
  tab: ViewTab;
  q: string;
  filters: readonly { field: string; value: string; out: boolean }[];
  order: ViewOrder;
  /** The usual ones where absent. */
  columns?: readonly string[];
  time: { last: ViewSpan } | { from: string; to?: string };
}
