// The `init` job of docker-compose.yml: makes the deployment's keys and the parts' passwords, once, and writes them where the
// containers that need them, and no others, find them. Running it again changes nothing.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEnvironment } from '../../services/core/config.js';
import { messageOf } from '../../services/core/errors.js';
import { openIdentity } from '../local/identity.js';
import { logIdentity } from '../local/log-identity.js';
import { readOrCreate } from '../local/supervisor/data-folder.js';
import { putClickHouseUser, putKey, putRedisConf, putSettings, putWitnessSettings } from './secrets.js';

const passwordBytes = 24;

try {
  const env = readEnvironment(process.env);
  const keys = env.text('SEALSTREAM_KEYS');
  const identity = openIdentity({ keys });
  const password = (name: string): string =>
    readOrCreate(join(keys, `${name}.password`), () => randomBytes(passwordBytes).toString('base64url'));
  const passwords = { clickhouse: password('clickhouse'), redis: password('redis') };
  const settings = {
    kafka: env.text('KAFKA_BROKERS'),
    clickhouse: env.text('CLICKHOUSE_ADDRESS'),
    redis: env.text('REDIS_ADDRESS'),
    witness: env.text('WITNESS_ADDRESS'),
    database: env.text('CLICKHOUSE_DATABASE', 'sealstream'),
  };
  putClickHouseUser(env.text('SEALSTREAM_CLICKHOUSE_USERS'), passwords.clickhouse);
  putRedisConf(env.text('SEALSTREAM_REDIS_CONF'), passwords.redis);
  putSettings(env.text('SEALSTREAM_SETTINGS'), { settings, passwords, identity });
  putKey(env.text('SEALSTREAM_SECRET'), 'secret', readFileSync(identity.files.secret, 'utf8'));
  putKey(env.text('SEALSTREAM_LOG_KEY'), 'log-key.pem', readFileSync(identity.files.logKey, 'utf8'));
  const witness = env.text('SEALSTREAM_WITNESS');
  putKey(witness, 'witness-key.pem', readFileSync(identity.files.witnessKey, 'utf8'));
  putWitnessSettings(witness, logIdentity(identity));
  process.stdout.write(`the deployment ${identity.audience} has its keys and passwords\n`);
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
}
