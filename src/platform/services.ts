import { serviceErrors } from '../contract/errors/service-errors.js';
import type { Build } from '../runtime/runtime.js';

/** The environment of a connect request that names none. */
export const DEFAULT_ENVIRONMENT = 'default';
/** The tag that stands for the newest good build. */
export const NEWEST_TAG = 'latest';

/** An environment of a service, such as `staging`: which image its backends run. */
export interface Environment {
  readonly name: string;
  readonly createdAt: Date;
  /** A tag or digest; {@link NEWEST_TAG} for whatever is built last. */
  imageTag: string;
  lastSpawnedAt: Date | undefined;
}

/** A service: a name of its own for keys, and what its backends run. */
export class Service {
  readonly #environments = new Map<string, Environment>();

  /**
   * @param definition which definition of the project it runs, as several names can share one; undefined: none, so that
   * only images named by a tag can run
   */
  constructor(
    readonly name: string,
    readonly definition: string | undefined,
    readonly createdAt: Date,
  ) {
    this.environment(DEFAULT_ENVIRONMENT, createdAt);
  }

  /** Returns an environment by name; creates it when it is first asked for. @param now the time of creation */
  environment(name: string, now: Date): Environment {
    const known = this.#environments.get(name);
    if (known !== undefined) return known;
    const environment: Environment = { name, createdAt: now, imageTag: NEWEST_TAG, lastSpawnedAt: undefined };
    this.#environments.set(name, environment);
    return environment;
  }

  /** Which image new backends of an environment run, whether it is there yet or not. */
  imageTagOf(environment: string): string {
    return this.#environments.get(environment)?.imageTag ?? NEWEST_TAG;
  }

  /** All environments, the oldest first. */
  get environments(): readonly Environment[] {
    return [...this.#environments.values()];
  }

  /** When one of its backends was last spawned. */
  get lastSpawnedAt(): Date | undefined {
    const times = this.environments.flatMap(({ lastSpawnedAt }) => lastSpawnedAt ?? []);
    return times.toSorted((a, b) => b.getTime() - a.getTime())[0];
  }
}

/** Where the code of a service comes from. The build part implements it; the platform only waits for it. */
export interface BuildSource {
  /**
   * The newest good build of a service's definition. Waits for one that is under way if there is none yet, or if it
   * writes over the last one.
   * @throws JamdevError `BuildFailed` when there is none, or the last one was written over, and the last try failed
   */
  current(definition: string, signal: AbortSignal): Promise<Build>;
  /**
   * Waits, for as long as it takes, until a process may start on the newest good build: until nothing is writing over
   * it, and nothing has left half of another one in its place.
   * @param onFailure receives the failure of each build after which the waiting goes on
   * @throws the signal's reason when it aborts
   */
  untilUsable(definition: string, signal: AbortSignal, onFailure: (error: Error) => void): Promise<void>;
  /** How many builds of a service's definition have begun that write over the files which its processes start on. */
  overwrites(definition: string): number;
  /** @throws JamdevError `BuildFailed` when no build can be had right now: nothing is worth spawning */
  assertUsable(definition: string): void;
}

/** An image that a service's backends can run. */
export interface ServiceImage {
  repository: string;
  tag: string;
  digest: string;
  /** When it was built, or came to be known here. */
  since: Date;
}

/** The images besides the newest build. */
export interface ImageSource {
  /**
   * Finds the image that a tag or digest of a service names.
   * @throws JamdevError `ImageNotFound`
   */
  find(service: Service, tag: string, signal?: AbortSignal): Promise<Build>;
  /** All images of a service, the newest first. */
  list(service: Service): Promise<ServiceImage[]>;
}

/** The name by which the official libraries' dev mode asks for the default service. */
const DEFAULT_SERVICE_ALIAS = '-';
/** A DNS label, as on the platform. */
const SERVICE_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** The services of a dev server, by name. */
export class ServiceRegistry {
  readonly #definitions: readonly string[];
  readonly #services = new Map<string, Service>();
  readonly #now: () => Date;
  readonly #startedAt: Date;

  /** @param definitions names from the config, the default one first; at least one */
  constructor(definitions: readonly string[], now: () => Date) {
    this.#definitions = definitions;
    this.#now = now;
    this.#startedAt = now();
    for (const name of definitions) this.#services.set(name, new Service(name, name, this.#startedAt));
  }

  /**
   * Finds a service. `-` is the default one. With a single one in the config any name is accepted, each a namespace of
   * its own for keys, as on the platform's own dev server.
   * @throws JamdevError `ServiceNotFound`
   */
  get(name: string): Service {
    const service = this.find(name);
    this.#services.set(service.name, service);
    return service;
  }

  /** Like {@link get}, but does not create a service for a name that was never used. */
  find(name: string): Service {
    const [first = ''] = this.#definitions;
    const wanted = name === DEFAULT_SERVICE_ALIAS ? first : name;
    const known = this.#services.get(wanted);
    if (known !== undefined) return known;
    if (this.#definitions.length !== 1) throw serviceErrors.serviceNotFound(name, [...this.#services.keys()]);
    return new Service(wanted, first, this.#startedAt);
  }

  /** All that are configured, created or were used, in that order. */
  list(): Service[] {
    return [...this.#services.values()];
  }

  /**
   * Makes a service that is not in the config. With a single one in the config it runs that; else it has no image until
   * one is named.
   * @throws JamdevError `InvalidRequest`, `ServiceExists`
   */
  create(name: string): Service {
    if (!SERVICE_NAME.test(name)) throw serviceErrors.serviceNameUnusable(name);
    if (this.#services.has(name)) throw serviceErrors.serviceExists(name);
    const definition = this.#definitions.length === 1 ? this.#definitions[0] : undefined;
    const service = new Service(name, definition, this.#now());
    this.#services.set(name, service);
    return service;
  }

  /**
   * Finds a service that is not in the config.
   * @throws JamdevError `ServiceNotFound`, `ServiceConfigured`
   */
  findDeletable(name: string): Service {
    const service = this.find(name);
    if (this.#definitions.includes(service.name)) throw serviceErrors.serviceConfigured(service.name);
    return service;
  }

  /** Forgets a service. @throws JamdevError as {@link findDeletable} */
  delete(name: string): void {
    this.#services.delete(this.findDeletable(name).name);
  }
}
