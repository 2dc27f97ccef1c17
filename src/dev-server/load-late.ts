import { ignoreError } from '../os/debug/debug-log.js';

/** In one turn a waiting connection is accepted, in the next its request is read and answered. */
const FIRST_TURNS = 3;

/**
 * Loads what the first answers don't need, and a running dev server may: most of its API, and when a config file appears,
 * its check. Later it might not be there anymore, since npm replaces packages under a running dev server. Requests that
 * wait for the start are answered first. Resolves when all is loaded; never rejects.
 */
export async function loadWhatMayBeNeeded(): Promise<void> {
  for (let turn = 0; turn < FIRST_TURNS; turn += 1) await untilNextTurn();
  for (const load of [loadWholeApi, loadRequests, loadConfigCheck]) {
    await load().catch(ignoreError('start', 'loading what may be needed'));
    await untilNextTurn();
  }
}

/** Loads most of the API, with Express and schemas, whose loading takes longer than the rest of a start. */
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
