import { connectErrors } from '../contract/errors/connect-errors.js';
import type { ConnectParams } from '../contract/requests.js';
import { MAX_SPAWN_BYTES, spawnBytes } from '../contract/spawn-size.js';
import type { Backend } from './backend.js';

/** Adds a remark to a backend that a cluster could not be asked for: it passes on only so much of a request. */
export function tellLargeSpawn(backend: Backend, { env }: ConnectParams): void {
  const { key, image } = backend.identity;
  const bytes = spawnBytes({ key, image: image?.kind === 'container' ? image.image : '', env });
  if (bytes > MAX_SPAWN_BYTES) backend.remark(connectErrors.largeSpawn(bytes, MAX_SPAWN_BYTES).sentence);
}
