import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startJamdevIn } from './jamdev.js';

const POOL = 2;

/**
 * Starts `jamdev dev` with a warm pool.
 * @param {string} folder its project
 * @param {readonly string[]} options
 */
export async function startWithPool(folder, options) {
  writeFileSync(join(folder, 'jamsocket.config.json'), JSON.stringify({ warmPool: POOL }));
  const jamdev = await startJamdevIn(folder, options);
  /** Waits until the pool is full, because filling it must not slow down what is measured. */
  const untilPooled = () => jamdev.api.untilPooled(POOL);
  /** @returns {Promise<number>} milliseconds from a connect to `ready` */
  const timeConnect = async () => {
    await untilPooled();
    const startedAtMs = performance.now();
    const { backend_id } = await jamdev.api.connectUntilReady();
    const ms = performance.now() - startedAtMs;
    await jamdev.api.kill(backend_id);
    return ms;
  };
  return { ...jamdev, untilPooled, timeConnect };
}
