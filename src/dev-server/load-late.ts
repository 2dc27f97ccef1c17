import { ignoreError } from '../os/debug/debug-log.js';

/** A waiting connection is accepted in one turn of the event loop, and its request is read and answered in the next. */
const FIRST_TURNS = 3;

/**
 * Loads modules that the first answers don't need, but a running dev server may need later: most of its API, and the
 * config check for a config file that appears. They may not exist later, since npm replaces packages under a running
 * dev server. Requests that wait for the start are answered first. Resolves when everything is loaded; never rejects.
 */
export async function loadWhatMayBeNeeded(): Promise<void> {
  for (let turn = 0; turn < FIRST_TURNS; turn += 1) await untilNextTurn();
  for (const load of [loadWholeApi, loadRequests, loadConfigCheck]) {
    await load().catch(ignoreError('start', 'loading what may be needed'));
    await untilNextTurn();
  }
}

/** Loads most of the API, including Express and schemas. This takes longer than the rest of a start. */
export async function loadWholeApi() {
  return (await import('../api/whole-dev-api.js')).createWholeDevApi;
}

/** Loads the schemas of requests. */
export function loadRequests() {
  return import('../contract/requests.js');
}

function loadConfigCheck() {
  return Promise.all([import('../config/check-config.js'), import('../config/json-position.js')]);
}

function untilNextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
