import { type Environment, readEnvironment } from '../../core/config.js';
import { SealstreamError } from '../../core/errors.js';
import { createTargetGuard, type TargetPolicy } from './target/guard.js';

/** What the deployment permits its channels: SEALSTREAM_ALERT_TARGETS (blocks of addresses inside) and SEALSTREAM_ALERT_HTTP (yes or no). */
export function readTargetPolicy(environment: Environment): TargetPolicy {
  const env = readEnvironment(environment);
  const allowHttp = env.text('SEALSTREAM_ALERT_HTTP', 'no');
  if (allowHttp !== 'yes' && allowHttp !== 'no') {
    throw new SealstreamError('config', `SEALSTREAM_ALERT_HTTP=${allowHttp} is neither yes nor no`);
  }
  const policy = { allowedBlocks: env.list('SEALSTREAM_ALERT_TARGETS', ''), allowHttp: allowHttp === 'yes' };
  try {
    createTargetGuard(policy);
  } catch (error) {
    throw new SealstreamError('config', `SEALSTREAM_ALERT_TARGETS: ${(error as Error).message}`);
  }
  return policy;
}
