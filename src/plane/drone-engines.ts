import { clusterErrors } from '../contract/errors/cluster-errors.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import type { Endpoint } from '../docker-engine/endpoint.js';
import { Engine, QUICK_REQUEST_MS } from '../docker-engine/engine.js';
import { EngineError } from '../docker-engine/engine-error.js';
import { noteHandled } from '../os/debug/debug-log.js';

/** Plane names the container of a backend by its id. */
export function containerName(backendId: string): string {
  return `plane-${backendId}`;
}

/** The Docker Engines of drones: for what Plane does not do itself. */
export class DroneEngines {
  readonly #endpoints: ReadonlyMap<string, Endpoint>;
  readonly #engines = new Map<string, Promise<Engine>>();

  /** @param endpoints by the name of the drone; those of others are not known */
  constructor(endpoints: ReadonlyMap<string, Endpoint>) {
    this.#endpoints = endpoints;
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
    const opening = open(drone, endpoint);
    this.#engines.set(drone, opening);
    try {
      return await opening;
    } catch (error) {
      // The next one asks again.
      this.#engines.delete(drone);
      throw error;
    }
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

async function open(drone: string, endpoint: Endpoint): Promise<Engine> {
  const engine = new Engine(endpoint);
  try {
    await engine.version();
    return engine;
  } catch (error) {
    // Its remedy is for who works on a dev server.
    throw error instanceof JamdevError ? clusterErrors.engineUnavailable(drone, error.message) : error;
  }
}
