import type { DroneEndpoint } from '../config/drone-endpoint.js';
import { type Engine, QUICK_REQUEST_MS } from '../docker-engine/engine.js';
import { EngineError } from '../docker-engine/engine-error.js';
import type { Clock } from '../os/clock.js';
import { ignoreError, noteHandled } from '../os/debug/debug-log.js';
import { isBehindSsh, openDroneEngine } from './open-drone-engine.js';

/** Plane names the container of a backend by its id. */
export function containerName(backendId: string): string {
  return `plane-${backendId}`;
}

/** Which backend a container belongs to. @param name as the engine lists it: with a slash in front */
export function backendOf(name: string): string | undefined {
  return /^\/plane-(.+)$/.exec(name)?.[1];
}

/** Pauses between attempts at an engine behind SSH: longer each time, since servers lock out clients that try too often. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** The Docker Engines of drones: for what Plane does not do itself. */
export class DroneEngines {
  readonly #endpoints: ReadonlyMap<string, DroneEndpoint>;
  readonly #clock: Clock;
  readonly #engines = new Map<string, Promise<Engine>>();
  /** How long the last pause was of engines that did not answer yet. */
  readonly #pausesMs = new Map<string, number>();
  #isClosed = false;

  /** @param endpoints by the name of the drone; those of others are not known */
  constructor(endpoints: Readonly<Record<string, DroneEndpoint>>, clock: Clock) {
    this.#endpoints = new Map(Object.entries(endpoints));
    this.#clock = clock;
  }

  /** The names of the drones whose engines are known. */
  get names(): string[] {
    return [...this.#endpoints.keys()];
  }

  /**
   * Returns the engine of a drone.
   * @returns undefined where none is configured
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

  /** Ends the connections to all engines. */
  close(): void {
    this.#isClosed = true;
    for (const opening of this.#engines.values()) {
      void opening.then((engine) => engine.close(), ignoreError('plane', 'closing an engine that never answered'));
    }
  }

  /** Callers get the same error until then. */
  #forgetLater(drone: string, endpoint: DroneEndpoint): void {
    const forget = () => void this.#engines.delete(drone);
    if (!isBehindSsh(endpoint)) return forget();
    const lastMs = this.#pausesMs.get(drone);
    const pauseMs = lastMs === undefined ? FIRST_PAUSE_MS : Math.min(2 * lastMs, LONGEST_PAUSE_MS);
    this.#pausesMs.set(drone, pauseMs);
    this.#clock.after(pauseMs, forget);
  }

  /** Kills the container of a backend. @returns whether it is certain that none runs there now */
  async kill(backendId: string, drone: string | null): Promise<boolean> {
    try {
      const engine = drone === null ? undefined : await this.engineOf(drone);
      if (engine === undefined) return false;
      await engine.request('POST', `/containers/${containerName(backendId)}/kill`, { timeoutMs: QUICK_REQUEST_MS });
      return true;
    } catch (error) {
      // There is none, or it does not run.
      if (error instanceof EngineError && (error.status === 404 || error.status === 409)) return true;
      noteHandled('plane', `killing the container of ${backendId}`, error);
      return false;
    }
  }
}
