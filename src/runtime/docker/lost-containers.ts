import type { Engine } from '../../docker-engine/engine.js';
import { EngineError, isNotFound } from '../../docker-engine/engine-error.js';
import { pause } from '../../os/clock.js';
import { ignoreError } from '../../os/debug/debug-log.js';

const LOOK_PAUSE_MS = 1_000;
/** How long to wait for a removal that someone else has begun, and how often to check it. */
const OTHERS_REMOVAL_MS = 10_000;
const REMOVAL_PAUSE_MS = 50;

/**
 * Removes a container with its anonymous volumes, even if it is running.
 * @param name or id
 * @throws EngineError, JamdevError if the removal can't be confirmed
 */
export async function removeContainer(engine: Engine, name: string): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    try {
      return await engine.request('DELETE', `/containers/${name}`, { query: { force: true, v: true } });
    } catch (error) {
      if (isNotFound(error)) return;
      const underWay = error instanceof EngineError && /is already in progress/i.test(error.message);
      if (!underWay || performance.now() - startedAt > OTHERS_REMOVAL_MS) throw error;
    }
    await pause(REMOVAL_PAUSE_MS);
  }
}

/**
 * Containers of backends that were lost with the engine. One of them may still be alive when the engine returns; until
 * it is removed, its key must not be given to another backend.
 */
export class LostContainers {
  readonly #engine: Engine;
  readonly #names = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #removing: Promise<void> | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  add(name: string): void {
    this.#names.add(name);
    this.#timer ??= setInterval(
      () => void this.removeAll().catch(ignoreError('docker', 'removing lost containers')),
      LOOK_PAUSE_MS,
    ).unref();
  }

  /**
   * Removes all lost containers. @throws EngineError, JamdevError while the engine is unreachable and a container is
   * left
   */
  async removeAll(): Promise<void> {
    this.#removing ??= this.#remove().finally(() => {
      this.#removing = undefined;
    });
    return this.#removing;
  }

  async #remove(): Promise<void> {
    const removals = [...this.#names].map(async (name) => {
      await removeContainer(this.#engine, name);
      this.#names.delete(name);
    });
    await Promise.all(removals);
    if (this.#names.size === 0) this.close();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
