import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { dockerEnvironment } from './docker-cli.js';
import { LABEL } from './labels.js';

/** How long the client that listens stays after the last start. */
const LINGER_MS = 10_000;
/** How long one client listens at most: should jamdev be killed, it must not stay for ever. */
const LISTEN_MS = 120_000;
/** One that ended sooner than this was ended by trouble, which another would meet too. */
const TROUBLE_MS = 1_000;

/**
 * Tells when containers of this run have started, by one `docker events` for all. Nothing else tells it in time: asking
 * the published port before the container is on its network makes the first answer a whole second late, as the kernel
 * then waits that long before it looks for the container's address again.
 */
export class StartEvents {
  readonly #runId: string;
  readonly #waiting = new Map<string, () => void>();
  #client: ChildProcess | undefined;
  #linger: NodeJS.Timeout | undefined;

  constructor(runId: string) {
    this.#runId = runId;
  }

  /**
   * Call it before the container is started.
   * @returns a promise of its start, which never comes if the engine does not tell, and a way to wait no longer
   */
  expect(name: string): { started: Promise<void>; forget: () => void } {
    const started = new Promise<void>((resolve) => this.#waiting.set(name, resolve));
    clearTimeout(this.#linger);
    this.#client ??= this.#listen();
    const forget = () => {
      this.#waiting.delete(name);
      if (this.#waiting.size > 0) return;
      clearTimeout(this.#linger);
      this.#linger = setTimeout(() => this.close(), LINGER_MS).unref();
    };
    return { started, forget };
  }

  close(): void {
    clearTimeout(this.#linger);
    this.#client?.kill();
    this.#client = undefined;
  }

  #listen(): ChildProcess {
    // Removals too, though nobody waits for them: a client that was left behind ends when it can't tell one.
    const filters = ['type=container', 'event=start', 'event=destroy', `label=${LABEL.run}=${this.#runId}`];
    const now = Date.now();
    const [since, until] = [now, now + LISTEN_MS].map((ms) => (ms / 1000).toFixed(3)) as [string, string];
    const format = '{{.Status}} {{.Actor.Attributes.name}}';
    const args = ['events', '--since', since, '--until', until, '--format', format];
    for (const filter of filters) args.push('--filter', filter);
    const client = spawn('docker', args, {
      env: dockerEnvironment(),
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const gone = () => {
      if (this.#client !== client) return;
      const again = this.#waiting.size > 0 && Date.now() - now > TROUBLE_MS;
      this.#client = again ? this.#listen() : undefined;
    };
    client.once('error', gone);
    client.once('close', gone);
    client.unref();
    createInterface({ input: client.stdout }).on('line', (line) => {
      const [event, name] = line.split(' ');
      if (event === 'start' && name !== undefined) this.#waiting.get(name)?.();
    });
    return client;
  }
}
