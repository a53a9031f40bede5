// The gateway's reading half in a process of its own, so that its processor time and memory are its own. Started by fanout.ts.
import type { DeliveryConfig } from '../support/delivering.js';
import { startQueryGateway } from '../support/query-gateway.js';

const { config, clients } = JSON.parse(process.argv[2]!) as { config: DeliveryConfig; clients: number };
const gateway = await startQueryGateway(config, {
  // Clients of the bench answer no pings.
  limits: { connections: clients, connectionsPerKey: clients, keepaliveMs: 3_600_000 },
});
gateway.keys.add('bench', ['acme']);
process.send!(Number(new URL(gateway.url).port));
process.on('message', () => void gateway.stop().then(() => process.exit(0)));
process.on('disconnect', () => process.exit(0));
