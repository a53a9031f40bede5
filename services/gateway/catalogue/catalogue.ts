import { createDetailsChecker, type DetailsChecker } from '../../core/catalogue/index.js';
import type { ClickHouseClient } from '../../core/clients/clickhouse.js';
import type { Logger } from '../../core/log.js';
import { createDefinitionTable } from './definition-table.js';
import { createDefinitions, type Definitions } from './definitions.js';
import { createDetailsWatch, type DetailsWatch } from './details.js';

/** What the gateway knows of actions. */
export interface Catalogue {
  definitions: Definitions;
  checker: DetailsChecker;
  details: DetailsWatch;
}

export function createCatalogue({
  clickhouse,
  database,
  log,
}: {
  clickhouse: ClickHouseClient;
  database: string;
  log: Logger;
}): Catalogue {
  const definitions = createDefinitions({ table: createDefinitionTable({ clickhouse, database }), log });
  const checker = createDetailsChecker();
  // Read before anybody asks; whoever asks reads again where that failed.
  definitions.fresh().catch(() => {});
  return { definitions, checker, details: createDetailsWatch({ definitions, checker }) };
}
