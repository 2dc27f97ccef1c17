import { isEngineAway } from '../../docker-engine/docker-errors.js';
import { noteDecision, noteHandled } from '../../os/debug/debug-log.js';
import { type ContainerBuild, DEFAULT_WARM, type Prepared, type SpawnRequest, type StandbyOrder } from '../runtime.js';
import { readFreeMemory } from '../standby/free-memory.js';
import { StandbyPool } from '../standby/standby-pool.js';
import type { Launched } from './container-launcher.js';
import { readEntrypoint } from './entrypoint-script.js';
import { isNodeEntrypoint, readImageStart } from './image-start.js';
import { findSharingObstacle } from './shared-folders.js';
import { WarmContainer, type WarmContainerTools } from './warm-container.js';

/** Memory of a container with Node.js before anything of an app is loaded, in bytes. */
const BYTES_EACH = 64 * 1024 * 1024;

/** Starts backends from containers that were started ahead of time. */
export class WarmContainers {
  readonly #tools: WarmContainerTools;
  readonly #pool: StandbyPool<ContainerBuild, WarmContainer>;
  /** The newest order of each service, and its progress. */
  readonly #orders = new Map<string, { order: StandbyOrder; isDecided: boolean; isRenewed: boolean }>();
  readonly #told = new Set<string>();

  constructor(tools: WarmContainerTools) {
    this.#tools = tools;
    this.#pool = new StandbyPool({
      start: (place) => new WarmContainer(place, tools),
      bytesEach: BYTES_EACH,
      freeMemory: () => readFreeMemory(),
      clock: tools.clock,
      isOutage: isEngineAway,
      onGivenUp: (service, cause) => this.#giveUp(service, cause),
      onChange: () => undefined,
    });
  }

  /**
   * Keeps containers of a build instead of those of earlier builds, if they can be started ahead of time. Never
   * rejects.
   */
  async keep(order: StandbyOrder, build: ContainerBuild): Promise<void> {
    const { service, warm = DEFAULT_WARM } = order;
    const isNewBuild = this.#orders.get(service)?.order.build !== build;
    const entry = { order, isDecided: false, isRenewed: order.awaitsRenewal !== true };
    this.#orders.set(service, entry);
    // Containers of an older build are useless from now on.
    if (isNewBuild) this.#pool.keep(service, build, entry.isRenewed ? 0 : warm, !entry.isRenewed);
    const why = warm === 0 ? 'it is turned off' : await this.#findObstacle(order, build);
    if (this.#orders.get(service) !== entry) return;
    entry.isDecided = true;
    this.#pool.keep(service, build, why === undefined ? warm : 0, !entry.isRenewed);
    noteDecision('docker', () => {
      const { number } = build;
      if (why !== undefined) return `build ${number} of ${service}: no containers ahead of time, ${why}`;
      return `build ${number} of ${service}: ${warm} containers ahead of time`;
    });
  }

  count(service: string): Prepared {
    return this.#pool.count(service);
  }

  /** Replaces the containers of earlier builds. */
  renew(service: string): void {
    const entry = this.#orders.get(service);
    if (entry === undefined) return;
    entry.isRenewed = true;
    if (entry.isDecided) this.#pool.renew(service);
  }

  /**
   * Starts a backend from a container in standby.
   * @returns the container, and a function to call when its start is over; undefined if the backend has to be started
   *   cold
   * @throws EngineError, JamdevError if a container that may have the key was lost with the engine
   */
  async take(
    request: SpawnRequest,
    build: ContainerBuild,
  ): Promise<{ launched: Launched; served: () => void } | undefined> {
    let why = 'none of its build stands by';
    let served: () => void = () => undefined;
    const isServed = new Promise<void>((resolve) => {
      served = resolve;
    });
    const warm = this.#pool.take(build, isServed, (each) => {
      const difference = each.findDifference(request);
      why = difference ?? why;
      return difference === undefined;
    });
    const launched = await warm?.assign(request);
    if (warm !== undefined) why = 'the one that stood by has ended, or is stuck';
    const { backendId } = request;
    noteDecision('docker', () => `backend ${backendId} is started ${launched === undefined ? `cold: ${why}` : 'warm'}`);
    if (launched !== undefined) return { launched, served };
    served();
    if (warm !== undefined) {
      // The container may have got the key.
      await warm.gone;
      await this.#tools.launcher.removeLost();
    }
    return undefined;
  }

  /** Ends all containers in standby, and starts no more. */
  async close(): Promise<void> {
    this.#orders.clear();
    await this.#pool.close();
  }

  /** @returns why containers of a build can't be started ahead of time, as the end of a sentence */
  async #findObstacle({ warm, onRemark }: StandbyOrder, build: ContainerBuild): Promise<string | undefined> {
    if (build.network === 'host') return "a port of this machine's network is chosen at connect";
    try {
      const image = await this.#tools.imageOf(build);
      const start = readImageStart(image, build.env.NODE_OPTIONS);
      // A user who sets `warm` knows what the image starts.
      if ('why' in start && warm === undefined) return start.why;
      const sharing = findSharingObstacle(this.#tools.engine);
      if (sharing !== undefined) {
        this.#tellOnce(`${sharing}: containers start when they are asked for, none ahead of time.`, onRemark);
        return 'it shares no pipes with containers';
      }
      if ('why' in start || !start.entrypoint || warm !== undefined) return undefined;
      const script = await readEntrypoint(this.#tools.engine, await this.#tools.specFor('', build));
      return isNodeEntrypoint(script) ? undefined : 'its docker-entrypoint.sh is not that of the images of Node.js';
    } catch (error) {
      noteHandled('docker', 'looking at what an image starts', error);
      return 'what its image starts is not known';
    }
  }

  #tellOnce(text: string, tell: (text: string) => void): void {
    if (this.#told.has(text)) return;
    this.#told.add(text);
    tell(text);
  }

  #giveUp(service: string, cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const text = `No container of ${service} can be started ahead of time (${reason}). Its backends start as usual; "warm": 0 in the config turns this off.`;
    const entry = this.#orders.get(service);
    if (entry !== undefined) this.#tellOnce(text, entry.order.onRemark);
  }
}
