import { readConfig } from './config.js';
import { createFront } from './front.js';

const front = await createFront(readConfig(process.env));
console.log(`clickhouse front ready on ${front.url} (ClickHouse ${front.version})`);
const stop = () => void front.close().then(() => process.exit(0));
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
if (process.channel) process.on('disconnect', stop);
