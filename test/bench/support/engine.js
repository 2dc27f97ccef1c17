import { randomUUID } from 'node:crypto';
import { firstAnswer } from './first-answer.js';
import { freePort } from './free-port.js';
import { runToEnd, start } from './processes.js';

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

  /** Runs a container, and waits for its first answer. */
  async run() {
    const port = await freePort();
    const name = `jamdev-bench-${randomUUID()}`;
    const args = ['run', '--rm', '--name', name, '--publish', `127.0.0.1:${port}:8080`, this.#image];
    const client = await start('docker', args);
    const readyMs = await firstAnswer(port, '/', client);
    const remove = async () => {
      await runToEnd('docker', ['kill', '--signal', 'TERM', name]);
      await client.exited;
    };
    return { readyMs, remove };
  }

  async cleanUp() {
    await runToEnd('docker', ['rmi', '--force', this.#image]).catch(() => undefined);
  }
}
