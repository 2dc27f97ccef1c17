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

/** Well within the 15 s of a lease. */
const RENEW_MS = 4_000;
/** How many backends one process takes over at once. */
const CLAIM_LIMIT = 500;
/** Between attempts to follow a backend while the controller or the database does not answer. */
const RETRY_MS = 1_000;
/**
 * How long one stream may bring nothing before the next one resumes it. Plane's controllers skip notifications: those of
 * transactions that commit out of the order of their ids, and those of the time in which they had no connection to
 * PostgreSQL. A live stream goes on without them; a new one begins with what was skipped.
 */
const STREAM_MS = 20_000;
/** The same while the next status is due soon, and a client may wait for it. */
const CHANGING_STREAM_MS = 2_000;
/** Between questions after a backend that is just being asked for. */
const SPAWN_RETRY_MS = 100;
/** A request to spawn that the cluster still does not know of after this long never reached it. */
const UNSPAWNED_MS = 60_000;

/** What a {@link StatusFollower} works with. */
export interface StatusFollowerWorld {
  controller: ControllerClient;
  store: Store;
  clock: Clock;
  /** Differs between any two processes that share a database. */
  name: string;
  /** Keeps what is only there for a while; called before an end is written. Never rejects. */
  recordEnd: (id: string) => Promise<void>;
}

/**
 * Writes what happens to backends into the database: each live one is followed by one process that holds its lease, and
 * taken over by another when that process is gone.
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

  /** How many backends this process follows. */
  get count(): number {
    return this.#following.size;
  }

  /** Begins; until {@link close}. */
  start(): void {
    this.#ended ??= this.#run();
  }

  /** Looks for backends without a follower now: there is a new one. */
  wake(): void {
    this.#wake.abort();
  }

  /** Ends, and gives the leases back, so that others follow at once. Never rejects. */
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
        // The database is away; leases run out, and so does the right to follow.
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
   * Reads one stream after the other, each from where the one before got to. Ends, or throws, as a stream does. A status that
   * leaves others out may mean that a stream has skipped them, so it is read again from the history that a new stream
   * begins with.
   */
  async *#streams(id: string, last: Status, signal: AbortSignal): AsyncGenerator<PlaneStatus, void> {
    const { controller, clock } = this.#world;
    /** Up to here a new stream brings everything: it is in the history. */
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

  /** Whether the cluster knows a backend, does not know it yet, or never will. */
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
