import { type Activity, keyActor, serviceActor } from '../activity.js';

const resources = ['order', 'shipment', 'patient_record', 'invoice'];

/** What runs by day and night: API keys in use, jobs, webhooks. */
export const machineActivities: readonly Activity[] = [
  {
    weight: 10,
    possible: ({ company }) => company.apiKeys.length > 0,
    steps({ company, random }) {
      const key = random.pick(company.apiKeys);
      const correlation_id = `flow_${random.hex(12)}`;
      return Array.from({ length: random.between(1, 4) }, (_, nth) => {
        const type = random.pick(resources);
        const denied = random.chance(0.02);
        const action = random.pick(['record.read', 'record.read', 'record.created', 'record.updated']);
        return {
          afterMs: nth * random.between(100, 3_000),
          event: {
            action,
            actor: keyActor(key),
            target: { type, id: `${type.slice(0, 3)}_${random.hex(8)}` },
            ...(denied ? { outcome: 'denied' as const, reason: 'missing_permission' } : {}),
            auth_method: 'api_key',
            service: 'api',
            correlation_id,
            request_id: `req_${random.hex(12)}`,
            ip: key.ip,
            path: `/v1/${type}s`,
            message: `The key ${key.name} ${denied ? 'was refused' : 'did'} ${action} on a ${type.replace('_', ' ')}`,
          },
        };
      });
    },
  },
  {
    weight: 3,
    steps({ random }) {
      const failed = random.chance(0.04);
      const name = random.pick(['nightly backup', 'report mail', 'index rebuild', 'usage count']);
      return [
        {
          afterMs: 0,
          event: {
            action: failed ? 'job.failed' : 'job.completed',
            actor: serviceActor('scheduler'),
            target: { type: 'job', id: `job_${random.hex(8)}`, name },
            ...(failed ? { outcome: 'failure' as const, reason: 'timeout' } : {}),
            service: 'scheduler',
            details: { seconds: random.between(1, 900) },
            message: `The job ${name} ${failed ? 'ran out of time' : 'is done'}`,
          },
        },
      ];
    },
  },
  {
    weight: 3,
    steps({ random, company }) {
      const failed = random.chance(0.08);
      return [
        {
          afterMs: 0,
          event: {
            action: failed ? 'webhook.failed' : 'webhook.delivered',
            actor: serviceActor('webhooks'),
            target: { type: 'webhook', id: `whk_${company.id}`, name: `https://hooks.${company.domain}/events` },
            ...(failed ? { outcome: 'failure' as const, reason: 'http_503' } : {}),
            service: 'webhooks',
            details: { attempt: failed ? random.between(1, 5) : 1, milliseconds: random.between(20, 900) },
            message: failed ? 'A webhook was not taken' : 'A webhook was delivered',
          },
        },
      ];
    },
  },
];
