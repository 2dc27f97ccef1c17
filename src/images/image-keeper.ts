import type { Builder } from '../builds/builder.js';
import { untilReachable } from '../builds/rollout.js';
import type { Engine } from '../docker-engine/engine.js';
import { tagOf } from '../platform/build-digest.js';
import type { Platform } from '../platform/platform.js';
import type { ContainerBuild, Runtime } from '../runtime/runtime.js';
import { removeFailedStages, removeImage } from './classic-stages.js';
import { removeDeadImages } from './leftovers.js';

/** How many of each service's newest images are kept, so that they can be chosen by tag. */
const KEPT_IMAGES = 3;

/** The engine that has the images, and the project and run that own them. */
export interface ImagesOwner {
  engine: Engine;
  /** Absolute path of the project folder. */
  project: string;
  stateId: string;
  runId: string;
}

/**
 * Removes this dev server's images that no backend uses or will use. It keeps the newest of each service, and the images
 * that an environment is set to use.
 */
export class ImageKeeper {
  readonly #images = new Map<ContainerBuild, string>();
  readonly #owner: ImagesOwner;
  readonly #builder: Builder;
  readonly #platform: Platform;
  readonly #runtime: Pick<Runtime, 'cleared'>;
  #removing: Promise<unknown> = Promise.resolve();

  /** @param runtime the runtime of the containers */
  constructor(owner: ImagesOwner, builder: Builder, platform: Platform, runtime: Pick<Runtime, 'cleared'>) {
    this.#owner = owner;
    this.#runtime = runtime;
    const { engine } = owner;
    this.#builder = builder;
    this.#platform = platform;
    builder.events.on('good', (service, build) => {
      if (build.kind !== 'container') return;
      this.#images.set(build, service);
      const kept = [...this.#images.keys()].map(({ image }) => image);
      // Wait until sessions have moved to the new image: the engine is busy with them until then.
      this.#removing = this.#removing
        .then(() => untilReachable(platform, service))
        .then(() => removeFailedStages(engine, build.image, kept));
      this.#removeUnused();
    });
    // The build produced the same image again, under one more tag.
    builder.events.on('unchanged', (_service, build) => {
      if (build.kind !== 'container') return;
      this.#removing = this.#removing.then(() => removeImage(engine, build.image));
    });
    platform.events.on('backend', (backend) => {
      void backend.gone.then(() => this.#removeUnused());
      // A backend that is reachable again may run another build than before.
      backend.events.on('address', () => this.#removeUnused());
    });
  }

  /** Removes the remaining images. Call it when no backend runs anymore. */
  async close(): Promise<void> {
    await this.#removing;
    const { engine, project, stateId, runId } = this.#owner;
    await removeDeadImages(engine, { project, stateId, isRunAlive: (other) => other !== runId });
  }

  #removeUnused(): void {
    const unused = [...this.#images].filter(([build, service]) => {
      const newer = [...this.#images].filter(([other, its]) => its === service && other.number > build.number);
      return newer.length >= KEPT_IMAGES && !this.#isUsed(build, service) && !this.#isChosen(build, service);
    });
    for (const [build, service] of unused) this.#builder.forget(service, build);
    if (unused.length > 0) this.#removing = this.#removing.then(() => this.#remove(unused.map(([build]) => build)));
  }

  /** Whether a backend uses a build, or may get it because it has no build yet. */
  #isUsed(build: ContainerBuild, service: string): boolean {
    return this.#platform.running.some(({ identity, build: its }) => {
      const run = its ?? identity.image;
      return run === undefined ? identity.service.definition === service : run === build;
    });
  }

  /** Whether an environment is set to use a build, in which case new backends may run it at any time. */
  #isChosen(build: ContainerBuild, definition: string): boolean {
    const services = this.#platform.services.list().filter((service) => service.definition === definition);
    const chosen = services.flatMap(({ environments }) => environments.map(({ imageTag }) => imageTag));
    return [tagOf(build), build.digest, build.image].some((name) => chosen.includes(name));
  }

  async #remove(builds: readonly ContainerBuild[]): Promise<void> {
    // The engine keeps an image as long as one of its containers exists.
    await this.#runtime.cleared();
    for (const build of builds) {
      // An image whose last container is not removed yet stays until the next attempt.
      if (this.#images.has(build) && (await removeImage(this.#owner.engine, build.image))) this.#images.delete(build);
    }
  }
}
