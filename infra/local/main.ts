// The supervisor: `npm start` gets here once everything is installed and built.
import { runSupervisor } from './run-supervisor.js';
import { services } from './services.js';

await runSupervisor({ services, env: process.env, cwd: process.cwd() });
