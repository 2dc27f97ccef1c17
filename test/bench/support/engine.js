import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from './free-port.js';
import { runToEnd } from './processes.js';
import { untilAnswered } from './versions.js';

const PAUSE_MS = 50;

/** A Docker Engine, used as one does by hand. */
export class Engine {
  #image = `jamdev-bench:${randomUUID()}`;

  async answers() {
    return runToEnd('docker', ['image', 'inspect', 'node:22-slim']).then(
      () => true,
      () => false,
    );
  }

  /** @param {string} folder with a Dockerfile */
  async build(folder) {
    await runToEnd('docker', ['build', '--platform', 'linux/amd64', '--tag', this.#image, folder]);
  }

  /**
   * Runs a container, and waits for its first answer. The first request is sent once `docker run --detach` reports the
   * start: after an earlier request the first answer was measured to come a second late, an unfair disadvantage.
   */
  async run() {
    const port = await freePort();
    const name = `jamdev-bench-${randomUUID()}`;
    const startedAtMs = performance.now();
    const publish = `127.0.0.1:${port}:8080`;
    await runToEnd('docker', ['run', '--detach', '--name', name, '--publish', publish, this.#image]);
    await untilAnswered(`http://127.0.0.1:${port}/`);
    const readyMs = performance.now() - startedAtMs;
    const remove = () => runToEnd('docker', ['rm', '--force', name]);
    return { readyMs, remove };
  }

  /**
   * Waits until jamdev has removed what it replaced: that must not slow down what is measured next.
   * @param {string} backendId
   */
  async untilReplaced(backendId) {
    const all = ['ps', '--all', '--quiet', '--filter', `label=dev.jamdev.backend=${backendId}`];
    while ((await runToEnd('docker', all)).output.trim().includes('\n')) await pause(PAUSE_MS);
  }

  async cleanUp() {
    await runToEnd('docker', ['rmi', '--force', this.#image]).catch(() => undefined);
  }
}
