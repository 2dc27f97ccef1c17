import type { Engine } from '../../docker-engine/engine.js';
import { EngineError, isNotFound } from '../../docker-engine/engine-error.js';
import { pause } from '../../os/clock.js';
import { ignoreError } from '../../os/debug/debug-log.js';

const LOOK_PAUSE_MS = 1_000;
/** How long a removal that someone else began is waited for, and how often it is looked at. */
const OTHERS_REMOVAL_MS = 10_000;
const REMOVAL_PAUSE_MS = 50;

/**
 * Removes a container with its anonymous volumes, whatever it does.
 * @param name or id
 * @throws EngineError, JamdevError when that can't be known to have happened
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
 * Containers of backends that were lost with the engine. One of them may still live when the engine is back; until it is
 * removed its key must not go to another.
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

  /** @throws EngineError, JamdevError as long as the engine is away and there is one to remove */
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
