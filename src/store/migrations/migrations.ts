import type { Migration } from 'kysely';
import { createAccounts } from './001-accounts.js';
import { createServices } from './002-services.js';
import { createBackends } from './003-backends.js';
import { createConfiguredServices } from './004-configured-services.js';
import { createRegistry } from './005-registry.js';
import { createDeployments } from './006-deployments.js';
import { indexLastHolders } from './007-last-holders.js';

/**
 * All migrations in the order of their names. A released migration is never changed, and each leaves a database that
 * the previous version can still use, because several versions run during an upgrade.
 */
export const MIGRATIONS: Record<string, Migration> = {
  '001-accounts': { up: createAccounts },
  '002-services': { up: createServices },
  '003-backends': { up: createBackends },
  '004-configured-services': { up: createConfiguredServices },
  '005-registry': { up: createRegistry },
  '006-deployments': { up: createDeployments },
  '007-last-holders': { up: indexLastHolders },
};
