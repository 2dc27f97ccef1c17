import { connectErrors } from '../contract/errors/connect-errors.js';
import type { ConnectParams } from '../contract/requests.js';
import { MAX_SPAWN_BYTES, spawnBytes } from '../contract/spawn-size.js';
import type { Backend } from './backend.js';
import type { Service } from './services.js';

/** Remarks on spawns that a cluster could not be asked for: it passes on only so much of a request. */
export class LargeSpawns {
  /** Services whose developers know. */
  readonly #told = new Set<Service>();

  /** Adds a remark to a backend if it is the first large one of its service. */
  tell(backend: Backend, { env }: ConnectParams): void {
    const { key, image, service } = backend.identity;
    const bytes = spawnBytes({ key, image: image?.kind === 'container' ? image.image : '', env });
    if (bytes <= MAX_SPAWN_BYTES || this.#told.has(service)) return;
    this.#told.add(service);
    backend.remark(connectErrors.largeSpawn(bytes, MAX_SPAWN_BYTES).sentence);
  }
}
