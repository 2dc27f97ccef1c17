import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { ChildRegister } from '../../records/child-register.js';
import { dockerEnvironment } from './docker-cli.js';
import { LABEL } from './labels.js';

/** How long the client that listens stays when nothing is expected anymore. */
const LINGER_MS = 10_000;
/** How long one client listens at most: should jamdev be killed, it must not stay forever. */
const LISTEN_MS = 120_000;
/** One that ended sooner than this was ended by trouble, which another would meet too. */
const TROUBLE_MS = 1_000;

/** Something that the engine may tell of. */
export interface Expected {
  /** Never resolves if the engine does not tell. */
  happened: Promise<void>;
  /** To wait no longer. */
  forget(): void;
}

/**
 * Tells when containers of this run start and end, by one `docker events` for all. Nothing else tells of a start in time:
 * asking the published port before the container is on its network makes the first answer a whole second late, as the
 * kernel then waits that long before it looks for the container's address again. Of an end the attached client was
 * measured to tell a fifth of a second later, as the engine clears up first.
 */
export class ContainerEvents {
  readonly #runId: string;
  readonly #register: ChildRegister;
  /** What is waited for, as the engine tells it: "start NAME" or "die NAME". */
  readonly #waiting = new Map<string, () => void>();
  #client: ChildProcess | undefined;
  #linger: NodeJS.Timeout | undefined;

  constructor(runId: string, register: ChildRegister) {
    this.#runId = runId;
    this.#register = register;
  }

  /** Call it before the container is started, or asked to end. */
  expect(event: 'start' | 'die', name: string): Expected {
    const line = `${event} ${name}`;
    const happened = new Promise<void>((resolve) => this.#waiting.set(line, resolve));
    clearTimeout(this.#linger);
    this.#client ??= this.#listen();
    const forget = () => {
      if (!this.#waiting.delete(line) || this.#waiting.size > 0) return;
      this.#linger = setTimeout(() => this.close(), LINGER_MS).unref();
    };
    return { happened, forget };
  }

  close(): void {
    clearTimeout(this.#linger);
    this.#client?.kill();
    this.#client = undefined;
  }

  /** @param now where to begin, as the client before it may have ended a moment ago; ms since 1970 */
  #listen(now = Date.now()): ChildProcess {
    // Removals too, though nobody waits for them: a client that was left behind ends when it can't tell one.
    const events = ['start', 'die', 'destroy'].map((event) => `event=${event}`);
    const filters = ['type=container', ...events, `label=${LABEL.run}=${this.#runId}`];
    const begunAtMs = Date.now();
    const [since, until] = [now, now + LISTEN_MS].map((ms) => (ms / 1000).toFixed(3)) as [string, string];
    const format = '{{.Status}} {{.Actor.Attributes.name}}';
    const args = ['events', '--since', since, '--until', until, '--format', format];
    for (const filter of filters) args.push('--filter', filter);
    const client = spawn('docker', args, {
      env: dockerEnvironment(this.#register.environment()),
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const gone = () => {
      if (this.#client !== client) return;
      const isNeeded = this.#waiting.size > 0 && Date.now() - begunAtMs > TROUBLE_MS;
      this.#client = isNeeded ? this.#listen(Math.min(Date.now(), now + LISTEN_MS)) : undefined;
    };
    client.once('error', gone);
    client.once('close', gone);
    client.unref();
    createInterface({ input: client.stdout }).on('line', (line) => {
      this.#waiting.get(line)?.();
    });
    return client;
  }
}
