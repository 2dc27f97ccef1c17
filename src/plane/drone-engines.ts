import type { DroneEndpoint } from '../config/drone-endpoint.js';
import { type Engine, QUICK_REQUEST_MS } from '../docker-engine/engine.js';
import { EngineError } from '../docker-engine/engine-error.js';
import type { Clock } from '../os/clock.js';
import { ignoreError, noteHandled } from '../os/debug/debug-log.js';
import { isBehindSsh, openDroneEngine } from './open-drone-engine.js';

/** Returns the name that Plane gives to a backend's container. */
export function containerName(backendId: string): string {
  return `plane-${backendId}`;
}

/** Returns the id of a container's backend. @param name as listed by the engine, with a leading slash */
export function backendOf(name: string): string | undefined {
  return /^\/plane-(.+)$/.exec(name)?.[1];
}

/**
 * Limits of the pause between attempts to reach an engine behind SSH. It doubles each time, since servers lock out
 * clients that try too often.
 */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** The Docker Engines of drones, for everything that Plane does not do itself. */
export class DroneEngines {
  readonly #endpoints: ReadonlyMap<string, DroneEndpoint>;
  readonly #clock: Clock;
  readonly #engines = new Map<string, Promise<Engine>>();
  /** The last pause of each engine that has not answered yet. */
  readonly #pausesMs = new Map<string, number>();
  #isClosed = false;

  /** @param endpoints by drone name; the engines of other drones are unknown */
  constructor(endpoints: Readonly<Record<string, DroneEndpoint>>, clock: Clock) {
    this.#endpoints = new Map(Object.entries(endpoints));
    this.#clock = clock;
  }

  /** The names of the drones with a known engine. */
  get names(): string[] {
    return [...this.#endpoints.keys()];
  }

  /**
   * Returns the engine of a drone.
   * @returns undefined if none is configured
   * @throws JamdevError `EngineUnavailable`
   */
  async engineOf(drone: string): Promise<Engine | undefined> {
    const endpoint = this.#endpoints.get(drone);
    if (endpoint === undefined) return undefined;
    const known = this.#engines.get(drone);
    if (known !== undefined) return known;
    const opening = openDroneEngine(drone, endpoint);
    this.#engines.set(drone, opening);
    try {
      const engine = await opening;
      this.#pausesMs.delete(drone);
      if (this.#isClosed) engine.close();
      return engine;
    } catch (error) {
      this.#forgetLater(drone, endpoint);
      throw error;
    }
  }

  /** Closes the connections to all engines. */
  close(): void {
    this.#isClosed = true;
    for (const opening of this.#engines.values()) {
      void opening.then((engine) => engine.close(), ignoreError('plane', 'closing an engine that never answered'));
    }
  }

  /** Forgets a failed engine after a pause. Until then, callers get the same error. */
  #forgetLater(drone: string, endpoint: DroneEndpoint): void {
    const forget = () => void this.#engines.delete(drone);
    if (!isBehindSsh(endpoint)) return forget();
    const lastMs = this.#pausesMs.get(drone);
    const pauseMs = lastMs === undefined ? FIRST_PAUSE_MS : Math.min(2 * lastMs, LONGEST_PAUSE_MS);
    this.#pausesMs.set(drone, pauseMs);
    this.#clock.after(pauseMs, forget);
  }

  /** Kills the container of a backend. @returns whether it is certain that the container is not running anymore */
  async kill(backendId: string, drone: string | null): Promise<boolean> {
    try {
      const engine = drone === null ? undefined : await this.engineOf(drone);
      if (engine === undefined) return false;
      await engine.request('POST', `/containers/${containerName(backendId)}/kill`, { timeoutMs: QUICK_REQUEST_MS });
      return true;
    } catch (error) {
      // The container does not exist, or is not running.
      if (error instanceof EngineError && (error.status === 404 || error.status === 409)) return true;
      noteHandled('plane', `killing the container of ${backendId}`, error);
      return false;
    }
  }
}
