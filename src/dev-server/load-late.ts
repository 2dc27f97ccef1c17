import { ignoreError } from '../os/debug/debug-log.js';

/**
 * Loads what a start does not always need, and a running dev server may: when a config file appears, its check. Later it
 * might not be there anymore, since npm replaces packages under a running dev server.
 */
export function loadWhatMayBeNeeded(): void {
  const loading = [import('../config/check-config.js'), import('../config/json-position.js')];
  for (const each of loading) each.catch(ignoreError('start', 'loading what may be needed'));
}
