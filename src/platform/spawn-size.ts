import type { ConnectParams } from '../contract/requests.js';
import type { Build } from '../runtime/runtime.js';

/**
 * What a spawn may take on Plane, in bytes of JSON. A spawn travels as a notification of PostgreSQL, of at most 8,000 bytes
 * with everything that Plane adds: seen to pass with 7.2 KiB in one variable, and with 6.6 KiB in many.
 */
export const PLANE_SPAWN_BYTES = 6 * 1024;

/** The size of what a client decides of a spawn; bytes of JSON. */
export function spawnBytes({ env }: Pick<ConnectParams, 'env'>, key: string, image: Build | undefined): number {
  const name = image?.kind === 'container' ? image.image : '';
  return Buffer.byteLength(JSON.stringify({ env, image: name, key }));
}
