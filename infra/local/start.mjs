// `npm start`: installs and builds what is missing, then becomes the supervisor, in this very process, so that the
// process that the terminal and npm signal is the one that owns the parts.
import { prepare, runToExit } from './prepare/prepare.mjs';

await runToExit(async () => {
  await prepare();
  await import('../../dist/infra/local/main.js');
});
