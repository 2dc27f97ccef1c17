import type { Engine } from '../../docker-engine/engine.js';
import type { ContainerBuild } from '../runtime.js';
import type { ImageCommand } from './own-init.js';

/** Asks the engine once per build which command its image starts. */
export class ImageCommands {
  readonly #engine: Engine;
  readonly #asked = new WeakMap<ContainerBuild, Promise<ImageCommand>>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** @throws EngineError, JamdevError; after a failure, the next call asks again */
  of(build: ContainerBuild): Promise<ImageCommand> {
    const known = this.#asked.get(build);
    if (known !== undefined) return known;
    const asked = this.#ask(build);
    this.#asked.set(build, asked);
    return asked;
  }

  async #ask(build: ContainerBuild): Promise<ImageCommand> {
    try {
      const { Config } = await this.#engine.request<{ Config: ImageCommand }>('GET', `/images/${build.image}/json`);
      return Config;
    } catch (error) {
      this.#asked.delete(build);
      throw error;
    }
  }
}
