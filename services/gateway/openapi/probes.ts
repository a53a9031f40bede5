import { Type } from 'typebox';

/** What the front door answers by itself (http/front-door.ts), before there are any routes. */

const Readiness = Type.Object({
  ready: Type.Boolean(),
  parts: Type.Record(
    Type.String(),
    Type.Object({ ready: Type.Boolean(), detail: Type.String({ description: 'why it is not' }) }),
  ),
});

const probe = (operationId: string, summary: string, responses: object) => ({
  get: { operationId, summary, tags: ['operations'], security: [], responses },
});
const text = (description: string) => ({ description, content: { 'text/plain': { schema: Type.String() } } });
const report = (description: string) => ({ description, content: { 'application/json': { schema: Readiness } } });

/** As paths of the description. */
export const probePaths = {
  '/healthz': probe('getHealth', 'Whether the process runs', { 200: text('it does') }),
  '/readyz': probe('getReadiness', 'Whether everything that requests rest on is there', {
    200: report('it is'),
    503: report('it is not, or the gateway stops; which parts are missing, and why'),
  }),
  '/metrics': probe('getMetrics', 'Metrics for Prometheus', { 200: text('in the text format, version 0.0.4') }),
};
