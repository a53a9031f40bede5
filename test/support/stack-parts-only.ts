// The supervisor as `npm start` runs it, without services: for tests of starting and stopping alone.
import { runSupervisor } from '../../infra/local/run-supervisor.js';

await runSupervisor({ services: [], env: process.env, cwd: process.cwd() });
