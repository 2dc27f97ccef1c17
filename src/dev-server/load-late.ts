import { ignoreError } from '../os/debug/debug-log.js';

/**
 * Loads what a start does not always need, and a running dev server may: most of its API, and when a config file appears, its
 * check. Later it might not be there anymore, since npm replaces packages under a running dev server.
 */
export function loadWhatMayBeNeeded(): void {
  const loading = [
    loadWholeApi(),
    loadRequests(),
    import('../config/check-config.js'),
    import('../config/json-position.js'),
  ];
  for (const each of loading) each.catch(ignoreError('start', 'loading what may be needed'));
}

/** Loads most of the API, with Express and schemas, whose loading takes longer than the rest of a start. */
export async function loadWholeApi() {
  return (await import('../api/whole-dev-api.js')).createWholeDevApi;
}

/** Loads the schemas of requests. */
export function loadRequests() {
  return import('../contract/requests.js');
}
