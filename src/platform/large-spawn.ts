import { connectErrors } from '../contract/errors/connect-errors.js';
import type { ConnectParams } from '../contract/requests.js';
import { MAX_SPAWN_BYTES, spawnBytes } from '../contract/spawn-size.js';
import type { Backend } from './backend.js';
import type { Service } from './services.js';

/** Warns about spawn requests that are too large for a cluster. */
export class LargeSpawns {
  /** Services for which a warning was already given. */
  readonly #told = new Set<Service>();

  /** Adds a remark to a backend if it is the first of its service with a spawn request that is too large. */
  tell(backend: Backend, { env }: ConnectParams): void {
    const { key, image, service } = backend.identity;
    const bytes = spawnBytes({ key, image: image?.kind === 'container' ? image.image : '', env });
    if (bytes <= MAX_SPAWN_BYTES || this.#told.has(service)) return;
    this.#told.add(service);
    backend.remark(connectErrors.largeSpawn(bytes, MAX_SPAWN_BYTES).sentence);
  }
}
