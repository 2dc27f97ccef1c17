import { KILL_AT_ONCE } from '../builds/build-process.js';
import type { Engine } from '../docker-engine/engine.js';
import { pause } from '../os/clock.js';
import type { EventBus } from './events.js';
import type { OpenPorts } from './open.js';
import type { DevServerParts } from './prepare.js';
import type { StateGuard } from './state-guard.js';

/**
 * How long closing waits for backends and builds after the longest grace period. Only a process that can't be killed
 * takes longer.
 */
const AFTER_GRACE_MS = 5_000;

/** The parts to close. */
export interface Closeable {
  parts: DevServerParts;
  ports: OpenPorts;
  guard: StateGuard;
  bus: EventBus;
  /** For containers; undefined if there are none. */
  engine: Engine | undefined;
}

/** Phase 5: closes a dev server. */
export class Closing {
  readonly #closeable: Closeable;
  #closed: Promise<void> | undefined;

  constructor(closeable: Closeable) {
    this.#closeable = closeable;
  }

  /** See {@link DevServer.close}. */
  async close(hard = false): Promise<void> {
    if (hard) void this.#closeable.parts.platform.close(true);
    this.#closed ??= this.#closeAll();
    await this.#closed;
  }

  /** See {@link DevServer.killNow}. */
  killNow(): void {
    const { builder, runtime } = this.#closeable.parts;
    builder.cancelAll(KILL_AT_ONCE);
    runtime.killAll();
  }

  async #closeAll(): Promise<void> {
    const { parts, ports, guard, bus, engine } = this.#closeable;
    bus.publish({ type: 'closing', backends: parts.platform.running.length });
    const haveEnded = await this.#endWithDeadline();
    await ports.close();
    await parts.runtime.close();
    engine?.close();
    parts.loaded.close();
    await parts.parser.close();
    guard.close();
    if (haveEnded) parts.register.remove();
    else parts.register.close();
    bus.publish({ type: 'closed' });
  }

  /** @returns whether all backends and builds have ended; after the deadline, some may still be running */
  async #endWithDeadline(): Promise<boolean> {
    const { hotRebuild, builder, platform, runtime, imageKeeper } = this.#closeable.parts;
    const graceMs = Math.max(0, ...platform.running.map(({ gracePeriodMs }) => gracePeriodMs));
    const ended = Promise.all([hotRebuild.close(), builder.close(), platform.close(), runtime.standDown()])
      .then(() => runtime.cleared())
      .then(() => imageKeeper?.close())
      .then(() => true);
    const over = new AbortController();
    const haveEnded = await Promise.race([ended, pause(graceMs + AFTER_GRACE_MS, over.signal).then(() => false)]);
    // A pending timer would keep the program running.
    over.abort();
    return haveEnded;
  }
}
