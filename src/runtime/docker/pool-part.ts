import { dirname } from 'node:path';
import type { SpawnRequest } from '../runtime.js';
import type { ContainerSpec } from './container-config.js';

/** Where the library looks for its control socket (platform contract, "Warm pools"). */
const CONTROL_FOLDER = '/jamsocket-control';

/**
 * Returns the parts of a warm pool's container that replace key and backend: its slot in the pool, and the folder with
 * its control socket.
 * @returns undefined if the container is started for a session
 */
export function poolPart({
  backendId,
  controlSocket,
}: SpawnRequest): Pick<ContainerSpec, 'labels' | 'shared'> | undefined {
  if (controlSocket === undefined) return undefined;
  return { labels: { slot: backendId }, shared: [{ source: dirname(controlSocket), target: CONTROL_FOLDER }] };
}
