import { z } from 'zod';
import { type Engine, QUICK_REQUEST_MS } from '../docker-engine/engine.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { MAX_LOG_BYTES, saveLog } from '../store/backend-logs.js';
import { findPublic, setExitCode } from '../store/backends.js';
import type { Store } from '../store/tables.js';
import { containerName, type DroneEngines } from './drone-engines.js';
import { readLastOutput } from './drone-output.js';

const stateSchema = z.object({ State: z.object({ Running: z.boolean(), ExitCode: z.number() }) });

/** Saves the exit code and log of an ended backend, since Plane removes its container within a minute. */
export class EndRecorder {
  readonly #store: Store;
  readonly #engines: DroneEngines;

  constructor(store: Store, engines: DroneEngines) {
    this.#store = store;
    this.#engines = engines;
  }

  /** Saves the data of a backend. Never rejects: if the drone's engine is unknown or gone, nothing is saved. */
  async record(id: string): Promise<void> {
    try {
      const drone = (await findPublic(this.#store, id))?.drone;
      const engine = drone == null ? undefined : await this.#engines.engineOf(drone);
      if (engine === undefined) return;
      await this.#keepExitCode(engine, id);
      await saveLog(
        this.#store,
        id,
        await readLastOutput(engine, id, MAX_LOG_BYTES, AbortSignal.timeout(QUICK_REQUEST_MS)),
      );
    } catch (error) {
      noteHandled('plane', `keeping the end of the backend ${id}`, error);
    }
  }

  async #keepExitCode(engine: Engine, id: string): Promise<void> {
    const path = `/containers/${containerName(id)}/json`;
    const { State: state } = stateSchema.parse(await engine.request('GET', path, { timeoutMs: QUICK_REQUEST_MS }));
    if (!state.Running) await setExitCode(this.#store, id, state.ExitCode);
  }
}
