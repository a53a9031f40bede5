/** What the API's description says before its routes. */

export const info = {
  title: 'Sealstream',
  description:
    'A signed, exactly-once, witnessed audit log. Errors are RFC 9457 problems: decide on `type`, which stays. Times are RFC 3339 in UTC.',
  license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
};

/** Any one of them is a credential. */
export const securitySchemes = (sessionCookie: string) =>
  ({
    bearer: {
      type: 'http',
      scheme: 'bearer',
      description: 'an API key (`sk_…`), or a token of the OpenID provider that the deployment trusts',
    },
    apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'an API key; X-API-Token is another name' },
    session: {
      type: 'apiKey',
      in: 'cookie',
      name: sessionCookie,
      description: 'a browser’s session; what changes something needs the header X-CSRF-Token beside it',
    },
  }) as const;

export const security: Record<string, string[]>[] = [{ bearer: [] }, { apiKey: [] }, { session: [] }];

export const tags = [
  { name: 'events', description: 'Events of organizations: lists, counts, verdicts, exports' },
  { name: 'system', description: 'The same of the system scope, under permissions of its own' },
  {
    name: 'views',
    description: 'Saved views of the console: what is asked, for oneself or shared with an organization',
  },
  { name: 'insight', description: 'Facets, time series, entities, workflows, actors' },
  { name: 'ingest', description: 'Events in' },
  { name: 'stream', description: 'Events live' },
  { name: 'alerts', description: 'What rules found, and what was done about it' },
  { name: 'alert-rules', description: 'Rules of alerts, their tests and backtests' },
  { name: 'silences', description: 'Times in which nobody is told' },
  { name: 'alert-channels', description: 'Where alerts are told' },
  { name: 'actions', description: 'The action catalogue' },
  { name: 'keys', description: 'API keys' },
  { name: 'log', description: 'The transparency log: public, for anybody to verify' },
  { name: 'roles', description: 'Named sets of permissions' },
  { name: 'producers', description: 'Keys that sign batches' },
  { name: 'organizations', description: 'Their names' },
  { name: 'entitlements', description: 'What an organization’s plan includes' },
  { name: 'erasures', description: 'Erasing data about a person' },
  { name: 'quarantine', description: 'Records that were refused: looked at, released, discarded' },
  { name: 'session', description: 'Sign-in of browsers' },
  { name: 'auditors', description: 'Time-boxed access for auditors' },
  { name: 'aliases', description: 'The paths under which other products keep their audit logs' },
  { name: 'description', description: 'This description' },
  { name: 'operations', description: 'How the gateway is: for orchestrators and Prometheus' },
] as const;

/** Of every answer. */
export const responseHeaders = {
  RequestId: {
    description: 'by which the gateway’s log knows the request; the gateway makes it, whatever the request says',
    schema: { type: 'string', format: 'uuid' },
  },
  RetryAfter: { description: 'seconds to wait', schema: { type: 'integer', minimum: 0 } },
} as const;
