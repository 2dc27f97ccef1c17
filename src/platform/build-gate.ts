import type { Build } from '../runtime/runtime.js';
import type { BackendIdentity } from './backend-identity.js';
import type { BuildSource } from './services.js';

/** What a backend may run, and when its processes may start on it. */
export class BuildGate {
  readonly #identity: BackendIdentity;
  readonly #builds: BuildSource;
  readonly #ending: AbortSignal;
  readonly #onFailure: (error: Error) => void;

  /**
   * @param ending aborts when the backend's end begins
   * @param onFailure receives the failure of a build after which the backend waits for the next
   */
  constructor(identity: BackendIdentity, builds: BuildSource, ending: AbortSignal, onFailure: (error: Error) => void) {
    this.#identity = identity;
    this.#builds = builds;
    this.#ending = ending;
    this.#onFailure = onFailure;
  }

  /** What its first process runs. @throws JamdevError `BuildFailed`, or the signal's reason */
  async first(): Promise<Build> {
    return this.#identity.image ?? this.#builds.current(this.#definition, this.#ending);
  }

  /** Grows with every build that begins to write over the files which processes start on. */
  get overwrites(): number {
    return this.#identity.image === undefined ? this.#builds.overwrites(this.#definition) : 0;
  }

  /**
   * Waits until no build is half done, and no half of one is left.
   * @param patient whether to wait for the next build after one has failed
   * @throws JamdevError `BuildFailed`, or the signal's reason
   */
  async untilUsable(patient: boolean): Promise<void> {
    if (this.#identity.image !== undefined) return;
    if (patient) await this.#builds.untilUsable(this.#definition, this.#ending, this.#onFailure);
    else await this.#builds.current(this.#definition, this.#ending);
  }

  get #definition(): string {
    const { name, definition } = this.#identity.service;
    if (definition === undefined) throw new Error(`the service "${name}" has nothing to run`);
    return definition;
  }
}
