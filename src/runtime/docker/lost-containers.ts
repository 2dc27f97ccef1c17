import { pause } from '../../os/clock.js';
import { engineProblem, firstLine, runDocker } from './docker-cli.js';
import { dockerErrors } from './docker-errors.js';

const LOOK_PAUSE_MS = 1_000;
/** How long a removal that someone else began is waited for, and how often it is looked at. */
const OTHERS_REMOVAL_MS = 10_000;
const REMOVAL_PAUSE_MS = 50;

/**
 * Removes a container with its anonymous volumes, whatever it does.
 * @throws JamdevError `DockerStopped` and the like when that can't be known to have happened
 */
export async function removeContainer(name: string): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    const { ok, stderr } = await runDocker(['rm', '--force', '--volumes', name]);
    if (ok || /no such container/i.test(stderr)) return;
    const underWay = /is already in progress/i.test(stderr) && performance.now() - startedAt < OTHERS_REMOVAL_MS;
    if (!underWay) throw engineProblem(stderr) ?? dockerErrors.dockerStopped(firstLine(stderr));
    await pause(REMOVAL_PAUSE_MS);
  }
}

/**
 * Containers of backends that were lost with the engine. One of them may still live when the engine is back; until it is
 * removed its key must not go to another.
 */
export class LostContainers {
  readonly #names = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #removing: Promise<void> | undefined;

  add(name: string): void {
    this.#names.add(name);
    this.#timer ??= setInterval(() => void this.removeAll().catch(() => undefined), LOOK_PAUSE_MS).unref();
  }

  /** @throws JamdevError as long as the engine is away and there is one to remove */
  async removeAll(): Promise<void> {
    this.#removing ??= this.#remove().finally(() => {
      this.#removing = undefined;
    });
    return this.#removing;
  }

  async #remove(): Promise<void> {
    const removals = [...this.#names].map(async (name) => {
      await removeContainer(name);
      this.#names.delete(name);
    });
    await Promise.all(removals);
    if (this.#names.size === 0) this.close();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
