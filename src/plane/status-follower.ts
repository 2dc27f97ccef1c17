import type { Status } from '../contract/status.js';
import { type Clock, pause } from '../os/clock.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { rankOf } from '../platform/backend-state.js';
import { findPublic } from '../store/backends.js';
import { claimBackends, releaseLeases, renewLeases } from '../store/followers.js';
import { addStatus } from '../store/statuses.js';
import type { Store } from '../store/tables.js';
import type { ControllerClient } from './controller-client.js';
import type { PlaneStatus } from './controller-wire.js';
import { toStatusRow } from './history.js';
import { markLost } from './lost-status.js';

/** Well below the 15 s of a lease. */
const RENEW_MS = 4_000;
/** How many backends one process claims at once. */
const CLAIM_LIMIT = 500;
/** Pause between attempts to follow a backend while the controller or the database does not answer. */
const RETRY_MS = 1_000;
/**
 * How long a stream may be silent before a new one resumes it. Plane's controllers skip notifications of transactions
 * that commit out of the order of their ids, and those sent while a controller had no connection to PostgreSQL. A live
 * stream continues without them; a new one begins with the skipped statuses.
 */
const STREAM_MS = 20_000;
/** The same limit while the next status is due soon, and a client may be waiting for it. */
const CHANGING_STREAM_MS = 2_000;
/** Pause between status requests for a backend whose spawn is in progress. */
const SPAWN_RETRY_MS = 100;
/** If the cluster still does not know a backend after this time, the spawn request never reached it. */
const UNSPAWNED_MS = 60_000;

/** The dependencies of a {@link StatusFollower}. */
export interface StatusFollowerWorld {
  controller: ControllerClient;
  store: Store;
  clock: Clock;
  /** Unique among all processes that share a database. */
  name: string;
  /** Saves data that exists only for a while; called before the end is recorded. Never rejects. */
  recordEnd: (id: string) => Promise<void>;
}

/**
 * Writes the statuses of backends into the database. Each live backend is followed by the process that holds its lease,
 * and taken over by another when that process is gone.
 */
export class StatusFollower {
  readonly #world: StatusFollowerWorld;
  readonly #following = new Map<string, AbortController>();
  readonly #closing = new AbortController();
  #wake = new AbortController();
  #ended: Promise<void> | undefined;

  constructor(world: StatusFollowerWorld) {
    this.#world = world;
  }

  /** The number of backends that this process follows. */
  get count(): number {
    return this.#following.size;
  }

  /** Starts following backends, until {@link close}. */
  start(): void {
    this.#ended ??= this.#run();
  }

  /** Looks at once for backends without a follower, because there is a new one. */
  wake(): void {
    this.#wake.abort();
  }

  /** Stops following and releases the leases, so that other processes can take over at once. Never rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#wake.abort();
    for (const following of this.#following.values()) following.abort();
    await this.#ended;
    try {
      await releaseLeases(this.#world.store, this.#world.name);
    } catch (error) {
      noteHandled('plane', 'giving back the leases of backends', error);
    }
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      this.#wake = new AbortController();
      try {
        await this.#turn();
      } catch (error) {
        // The database is unavailable; the leases expire, and with them the right to follow.
        noteHandled('plane', 'renewing the leases of backends', error);
      }
      await pause(RENEW_MS, AbortSignal.any([this.#wake.signal, this.#closing.signal]));
    }
  }

  async #turn(): Promise<void> {
    const { store, name: follower } = this.#world;
    const held = await renewLeases(store, follower);
    for (const [id, following] of this.#following) if (!held.has(id)) following.abort();
    const claimed = await claimBackends(store, { follower, limit: CLAIM_LIMIT });
    for (const { id, lastStatus } of claimed) this.#follow(id, lastStatus);
  }

  #follow(id: string, last: Status): void {
    const following = new AbortController();
    this.#following.get(id)?.abort();
    this.#following.set(id, following);
    void this.#untilEnd(id, last, following.signal).finally(() => {
      if (this.#following.get(id) === following) this.#following.delete(id);
    });
  }

  async #untilEnd(id: string, last: Status, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const found = await this.#lookFor(id, signal);
        if (found === 'gone') return;
        if (found === 'unknown') {
          await pause(SPAWN_RETRY_MS, signal);
          continue;
        }
        for await (const status of this.#streams(id, last, signal)) {
          if (status.status === 'terminated') await this.#world.recordEnd(id);
          await addStatus(this.#world.store, id, toStatusRow(status));
          last = status.status;
          if (last === 'terminated') return;
        }
      } catch (error) {
        if (!signal.aborted) noteHandled('plane', `following the backend ${id}`, error);
      }
      await pause(RETRY_MS, signal);
    }
  }

  /**
   * Reads one stream after another, each resuming where the previous one ended. Ends or throws like a stream. If a
   * status skips others, the stream may have lost them, so they are read again from the history with which a new stream
   * begins.
   */
  async *#streams(id: string, last: Status, signal: AbortSignal): AsyncGenerator<PlaneStatus, void> {
    const { controller, clock } = this.#world;
    /** Up to this status, the history that a new stream sends is complete. */
    let recorded = last;
    let isOver = false;
    while (!isOver) {
      const turn = new AbortController();
      const limit = () => clock.after(last === 'ready' ? STREAM_MS : CHANGING_STREAM_MS, () => turn.abort());
      let cancel = limit();
      isOver = true;
      try {
        for await (const status of controller.statuses(id, last, AbortSignal.any([signal, turn.signal]))) {
          if (rankOf(status.status) > Math.max(rankOf(last) + 1, rankOf(recorded))) {
            recorded = status.status;
            isOver = false;
            break;
          }
          last = status.status;
          yield status;
          cancel();
          cancel = limit();
        }
      } catch (error) {
        if (signal.aborted || !turn.signal.aborted) throw error;
        isOver = false;
      } finally {
        cancel();
      }
    }
  }

  /** Checks whether the cluster knows a backend, does not know it yet, or never will. */
  async #lookFor(id: string, signal: AbortSignal): Promise<'known' | 'unknown' | 'gone'> {
    const { controller, store, clock } = this.#world;
    if ((await controller.status(id, signal)) !== undefined) return 'known';
    const row = await findPublic(store, id);
    if (row === undefined) return 'gone';
    if (clock.now().getTime() - row.createdAt.getTime() < UNSPAWNED_MS) return 'unknown';
    await markLost(store, id, clock.now());
    return 'gone';
  }
}
