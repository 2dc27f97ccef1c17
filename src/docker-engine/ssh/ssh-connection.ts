import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { execa } from 'execa';
import { type SshTarget, sshArguments } from './ssh-target.js';

/** How much of ssh's output is kept, because it may explain why a connection ended. */
const KEPT_CHARACTERS = 4_096;
/** Timeout for connecting, including all requests to the other side. */
const CONNECT_TIMEOUT_S = 15;
const COMMAND_TIMEOUT_MS = 10_000;
const MARK = 'jamdev-engine:';

/**
 * The program that the connection runs on the other machine. It prints where the docker client there finds its engine,
 * and runs until its input ends. The connection therefore ends with jamdev, even if jamdev is killed.
 */
const REMOTE_PROGRAM = `exec sh -c 'echo "${MARK}$(docker context inspect --format "{{.Endpoints.docker.Host}}" 2>/dev/null)"; exec cat'`;

/** The user's own config and agent are used, except for settings that would interfere. */
const OPTIONS = [
  // A prompt would appear in the middle of jamdev's output, possibly after a reconnect at any time.
  'BatchMode=yes',
  `ConnectTimeout=${CONNECT_TIMEOUT_S}`,
  // A dead connection ends after 15 s, for example if the network was cut or this machine slept.
  'ServerAliveInterval=5',
  'ServerAliveCountMax=3',
  'ControlPersist=no',
  // Forwardings in the user's config are meant for the user's own connections.
  'ClearAllForwardings=yes',
  'ForwardAgent=no',
  'ForwardX11=no',
  'PermitLocalCommand=no',
  'RemoteCommand=none',
  'EscapeChar=none',
  'StreamLocalBindUnlink=yes',
  'StreamLocalBindMask=0177',
  'LogLevel=INFO',
].flatMap((option) => ['-o', option]);

/** One run of the user's ssh, a connection that carries any number of forwardings. */
export class SshConnection {
  /** Resolves when the connection has ended. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #control: string;
  readonly #target: SshTarget;
  #words = '';
  #printed = '';
  #failure: Error | undefined;

  /** @param control the path of a socket that does not exist yet */
  constructor(target: SshTarget, control: string) {
    this.#target = target;
    this.#control = control;
    // A killed ssh leaves its socket behind, and a new one could not listen there.
    rmSync(control, { force: true });
    const args = ['-M', '-S', escapePercent(control), '-T', ...OPTIONS, ...sshArguments(target), REMOTE_PROGRAM];
    // Runs in its own session, because jamdev itself handles Ctrl-C in the terminal.
    this.#child = spawn('ssh', args, { detached: true, stdio: 'pipe' });
    this.ended = new Promise((resolve) => {
      this.#child.once('close', () => resolve());
      this.#child.once('error', (error) => {
        this.#failure = error;
        resolve();
      });
    });
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#words = (this.#words + text).slice(-KEPT_CHARACTERS);
    });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#printed = (this.#printed + text).slice(-KEPT_CHARACTERS);
    });
  }

  /** The latest output of ssh. */
  get words(): string {
    return this.#failure === undefined ? this.#words : this.#failure.message;
  }

  /**
   * Waits until the connection is established.
   * @returns the engine that the docker client there uses, in the format of DOCKER_HOST; '' if there is no such client;
   *   undefined if the connection failed
   */
  async connected(): Promise<string | undefined> {
    const printed = new RegExp(`^${MARK}(.*)$`, 'm');
    const late = setTimeout(() => this.close(), (CONNECT_TIMEOUT_S + 5) * 1_000);
    const ended = this.ended.then(() => true);
    try {
      for (;;) {
        const found = this.#printed.includes('\n') ? printed.exec(this.#printed)?.[1] : undefined;
        if (found !== undefined) return this.#detach(found);
        const more = once(this.#child.stdout, 'data').then(() => false);
        if (await Promise.race([ended, more])) return undefined;
      }
    } finally {
      clearTimeout(late);
    }
  }

  /** Adds or cancels a forwarding in the form of ssh's `-L`. @returns whether it succeeded */
  async control(command: 'forward' | 'cancel', forwarding: string): Promise<boolean> {
    // Controlling a connection needs no config, which would also start its own forwardings.
    const args = ['-F', '/dev/null', '-S', escapePercent(this.#control), '-O', command, '-L', forwarding];
    const { failed, stderr } = await execa('ssh', [...args, '--', this.#target.host], {
      reject: false,
      stdin: 'ignore',
      detached: true,
      timeout: COMMAND_TIMEOUT_MS,
    });
    if (failed) this.#words = (this.#words + stderr).slice(-KEPT_CHARACTERS);
    return !failed;
  }

  close(): void {
    this.#child.kill('SIGTERM');
  }

  /** Lets this process exit although the connection is open. */
  #detach<T>(value: T): T {
    this.#child.unref();
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) {
      (stream as unknown as { unref(): void }).unref();
    }
    return value;
  }
}

/** Escapes a path, because ssh expands `%h` and the like in the path of a control socket. */
function escapePercent(path: string): string {
  return path.replaceAll('%', '%%');
}
