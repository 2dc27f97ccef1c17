import type { Build } from '../runtime/runtime.js';
import type { BackendIdentity } from './backend-identity.js';
import type { BuildSource } from './services.js';

/** Decides which build a backend runs, and when its processes may start. */
export class BuildGate {
  readonly #identity: BackendIdentity;
  readonly #builds: BuildSource;
  readonly #ending: AbortSignal;
  readonly #onFailure: (error: Error) => void;

  /**
   * @param ending aborts when the backend's end begins
   * @param onFailure receives the error of a failed build after which the backend waits for the next one
   */
  constructor(identity: BackendIdentity, builds: BuildSource, ending: AbortSignal, onFailure: (error: Error) => void) {
    this.#identity = identity;
    this.#builds = builds;
    this.#ending = ending;
    this.#onFailure = onFailure;
  }

  /** Returns the build for the backend's first process. @throws JamdevError `BuildFailed`, or the signal's reason */
  async first(): Promise<Build> {
    return this.#identity.image ?? this.#builds.current(this.#definition, this.#ending);
  }

  /** Counts the builds that have begun to overwrite the files that processes start from. */
  get overwrites(): number {
    return this.#identity.image === undefined ? this.#builds.overwrites(this.#definition) : 0;
  }

  /**
   * Waits until no build is in progress, and no failed build has left incomplete files.
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
