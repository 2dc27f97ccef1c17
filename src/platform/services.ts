import { problem } from '../contract/errors.js';
import type { Build } from '../runtime/runtime.js';

/** A service: a name of its own for keys, and what its backends run. */
export interface Service {
  readonly name: string;
  /** Which definition of the project it runs; several names can share one. */
  readonly definition: string;
}

/** Where the code of a service comes from. The build part implements it; the platform only waits for it. */
export interface BuildSource {
  /**
   * The newest good build of a service's definition; waits for one that is under way if there is none yet.
   * @throws JamdevError `BuildFailed` when there is none and the last try failed
   */
  current(definition: string, signal: AbortSignal): Promise<Build>;
  /** @throws JamdevError `BuildFailed` when no build can be had right now: nothing is worth spawning */
  assertUsable(definition: string): void;
}

/** The name by which the official libraries' dev mode asks for the default service. */
const DEFAULT_SERVICE_ALIAS = '-';

/** The services of a dev server, by name. */
export class ServiceRegistry {
  readonly #definitions: readonly string[];
  readonly #services = new Map<string, Service>();

  /** @param definitions names from the config, the default one first; at least one */
  constructor(definitions: readonly string[]) {
    this.#definitions = definitions;
    for (const name of definitions) this.#services.set(name, { name, definition: name });
  }

  /**
   * Finds a service. `-` is the default one. With a single one in the config any name is accepted, each a namespace of
   * its own for keys, as on the platform's own dev server.
   * @throws JamdevError `ServiceNotFound`
   */
  get(name: string): Service {
    const [first = ''] = this.#definitions;
    const wanted = name === DEFAULT_SERVICE_ALIAS ? first : name;
    const known = this.#services.get(wanted);
    if (known !== undefined) return known;
    if (this.#definitions.length !== 1) throw problem.serviceNotFound(name, [...this.#definitions]);
    const service = { name: wanted, definition: first };
    this.#services.set(wanted, service);
    return service;
  }
}
