import { serviceErrors } from '../contract/errors/service-errors.js';
import type { Build } from '../runtime/runtime.js';

/** The environment of a connect request that does not specify one. */
export const DEFAULT_ENVIRONMENT = 'default';
/** The tag for the newest successful build. */
export const NEWEST_TAG = 'latest';

/** An environment of a service, such as `staging`, which selects the image of its backends. */
export interface Environment {
  readonly name: string;
  readonly createdAt: Date;
  /** A tag or digest; {@link NEWEST_TAG} for the newest build. */
  imageTag: string;
  lastSpawnedAt: Date | undefined;
}

/** A service: a namespace for keys, and the definition or images that its backends run. */
export class Service {
  readonly #environments = new Map<string, Environment>();

  /**
   * @param definition the definition in the config that the service runs, which several names can share; undefined if
   *   only images selected by a tag can run
   */
  constructor(
    readonly name: string,
    readonly definition: string | undefined,
    readonly createdAt: Date,
  ) {
    this.environment(DEFAULT_ENVIRONMENT, createdAt);
  }

  /** Returns an environment by name, and creates it on first use. @param now the time of creation */
  environment(name: string, now: Date): Environment {
    const known = this.#environments.get(name);
    if (known !== undefined) return known;
    const environment: Environment = { name, createdAt: now, imageTag: NEWEST_TAG, lastSpawnedAt: undefined };
    this.#environments.set(name, environment);
    return environment;
  }

  /** Returns the tag of the image for new backends of an environment. The image need not exist yet. */
  imageTagOf(environment: string): string {
    return this.#environments.get(environment)?.imageTag ?? NEWEST_TAG;
  }

  /** All environments, oldest first. */
  get environments(): readonly Environment[] {
    return [...this.#environments.values()];
  }

  /** When a backend of the service was last spawned. */
  get lastSpawnedAt(): Date | undefined {
    const times = this.environments.flatMap(({ lastSpawnedAt }) => lastSpawnedAt ?? []);
    return times.toSorted((a, b) => b.getTime() - a.getTime())[0];
  }
}

/** Provides the builds of services. Implemented by the build part; the platform only waits for it. */
export interface BuildSource {
  /**
   * Returns the newest successful build of a service's definition. Waits for a build in progress if there is none yet,
   * or if it overwrites the last one.
   * @throws JamdevError `BuildFailed` if there is no usable build, because there was none or it was overwritten, and
   *   the last attempt failed
   */
  current(definition: string, signal: AbortSignal): Promise<Build>;
  /**
   * Waits without a time limit until a process may start from the newest successful build: nothing is overwriting it,
   * and no failed build has left incomplete files in its place.
   * @param onFailure receives the error of each failed build after which the wait continues
   * @throws the signal's reason when it aborts
   */
  untilUsable(definition: string, signal: AbortSignal, onFailure: (error: Error) => void): Promise<void>;
  /**
   * Counts the builds of a service's definition that have begun to overwrite the files that its processes start from.
   */
  overwrites(definition: string): number;
  /** @throws JamdevError `BuildFailed` if no build is available right now, so that a spawn would be pointless */
  assertUsable(definition: string): void;
}

/** An image that a service's backends can run. */
export interface ServiceImage {
  repository: string;
  tag: string;
  digest: string;
  /** When the image was built, or first seen on this machine. */
  since: Date;
}

/** The images that can be selected instead of the newest build. */
export interface ImageSource {
  /**
   * Finds the image of a tag or digest of a service.
   * @throws JamdevError `ImageNotFound`
   */
  find(service: Service, tag: string, signal?: AbortSignal): Promise<Build>;
  /** Returns all images of a service, newest first. */
  list(service: Service): Promise<ServiceImage[]>;
}

/** The name that the official libraries' dev mode uses for the default service. */
const DEFAULT_SERVICE_ALIAS = '-';
/** A DNS label, as on the platform. */
const SERVICE_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** The services of a dev server by name. */
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
   * Finds a service, and stores it on first use. `-` is the default service. If the config has a single service, any
   * name is accepted and is a separate namespace for keys, as in the platform's own dev server.
   * @throws JamdevError `ServiceNotFound`
   */
  get(name: string): Service {
    const service = this.find(name);
    this.#services.set(service.name, service);
    return service;
  }

  /** Finds a service like {@link get}, but does not store one for a new name. */
  find(name: string): Service {
    const [first = ''] = this.#definitions;
    const wanted = name === DEFAULT_SERVICE_ALIAS ? first : name;
    const known = this.#services.get(wanted);
    if (known !== undefined) return known;
    if (this.#definitions.length !== 1) throw serviceErrors.serviceNotFound(name, [...this.#services.keys()]);
    return new Service(wanted, first, this.#startedAt);
  }

  /** Returns all services that were configured, created or used, in that order. */
  list(): Service[] {
    return [...this.#services.values()];
  }

  /**
   * Creates a service that is not in the config. If the config has a single service, the new one runs its definition;
   * otherwise it has no image until one is selected.
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

  /** Forgets a service. @throws JamdevError like {@link findDeletable} */
  delete(name: string): void {
    this.#services.delete(this.findDeletable(name).name);
  }
}
