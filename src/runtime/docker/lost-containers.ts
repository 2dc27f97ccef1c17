import { problem } from '../../contract/errors.js';
import { engineProblem, firstLine, runDocker } from './docker-cli.js';

const LOOK_PAUSE_MS = 1_000;

/**
 * Removes a container with its anonymous volumes, whatever it does.
 * @throws JamdevError `DockerStopped` and the like when that can't be known to have happened
 */
export async function removeContainer(name: string): Promise<void> {
  const { ok, stderr } = await runDocker(['rm', '--force', '--volumes', name]);
  if (ok || /no such container/i.test(stderr)) return;
  // Someone else removes it: gone only when it is no longer found.
  if (/is already in progress/i.test(stderr)) {
    const { ok: stillThere } = await runDocker(['inspect', '--type', 'container', '--format', '{{.Id}}', name]);
    if (!stillThere) return;
  }
  throw engineProblem(stderr) ?? problem.dockerStopped(firstLine(stderr));
}

/**
 * Containers of backends that were lost with the engine. One of them may still live when the engine is back; until it is
 * removed its key must not go to another.
 */
export class LostContainers {
  readonly #names = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  add(name: string): void {
    this.#names.add(name);
    this.#timer ??= setInterval(() => void this.removeAll().catch(() => undefined), LOOK_PAUSE_MS).unref();
  }

  /** @throws JamdevError as long as the engine is away and there is one to remove */
  async removeAll(): Promise<void> {
    await Promise.all(
      [...this.#names].map(async (name) => {
        await removeContainer(name);
        this.#names.delete(name);
      }),
    );
    if (this.#names.size === 0) this.close();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
