// Applies the project's migrations to CLICKHOUSE_URL, for clusters that are not run by `npm start`.
import { migrate } from './migrate.js';

const { CLICKHOUSE_URL: clickhouseUrl, CLICKHOUSE_DATABASE: database = 'sealstream' } = process.env;

if (!clickhouseUrl) {
  process.stderr.write('CLICKHOUSE_URL is not set. Example: CLICKHOUSE_URL=http://user:password@host:8123\n');
  process.exit(2);
}
try {
  const { applied } = await migrate({ clickhouseUrl, database });
  const what = applied.length > 0 ? `applied ${applied.join(', ')}` : 'is up to date';
  process.stdout.write(`database ${database}: ${what}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}
