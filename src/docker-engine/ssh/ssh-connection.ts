import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { execa } from 'execa';
import { type SshTarget, sshArguments } from './ssh-target.js';

/** The part of what ssh prints that is kept, as it may explain an end; bytes. */
const KEPT_CHARACTERS = 4_096;
/** How long connecting may take, with all it asks the other side. */
const CONNECT_TIMEOUT_S = 15;
const COMMAND_TIMEOUT_MS = 10_000;
const MARK = 'jamdev-engine:';

/**
 * What the connection runs on the other machine: it says where the docker client there finds its engine, and lives until its
 * input ends. So the connection ends with jamdev, even if that is killed.
 */
const REMOTE_PROGRAM = `exec sh -c 'echo "${MARK}$(docker context inspect --format "{{.Endpoints.docker.Host}}" 2>/dev/null)"; exec cat'`;

/** The user's own config and agent count, but for what would disturb. */
const OPTIONS = [
  // A question would appear in the middle of jamdev's own output, or, after a reconnection, at any time.
  'BatchMode=yes',
  `ConnectTimeout=${CONNECT_TIMEOUT_S}`,
  // A connection that leads nowhere ends after 15 s: the network was cut, or this machine slept.
  'ServerAliveInterval=5',
  'ServerAliveCountMax=3',
  'ControlPersist=no',
  // Those of the user's config are for the user's own connections.
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

/** One run of the user's ssh: a connection that carries any number of forwardings. */
export class SshConnection {
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #control: string;
  readonly #target: SshTarget;
  #words = '';
  #printed = '';
  #failure: Error | undefined;

  /** @param control the path of a socket, which does not exist yet */
  constructor(target: SshTarget, control: string) {
    this.#target = target;
    this.#control = control;
    // One that was killed leaves it, and ssh would not listen there.
    rmSync(control, { force: true });
    const args = ['-M', '-S', escapePercent(control), '-T', ...OPTIONS, ...sshArguments(target), REMOTE_PROGRAM];
    // In a session of its own: a terminal's Ctrl-C is jamdev's to answer.
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

  /** What ssh has said, the last words last. */
  get words(): string {
    return this.#failure === undefined ? this.#words : this.#failure.message;
  }

  /**
   * Waits until it is connected.
   * @returns the engine that the docker client there uses, in the notation of DOCKER_HOST; '': there is no such client;
   *   undefined: it could not connect
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

  /** Begins or ends a forwarding, as `-L` of ssh names it. @returns whether that went well */
  async control(command: 'forward' | 'cancel', forwarding: string): Promise<boolean> {
    // No config is needed to talk to a connection, and its forwardings would be begun as well.
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

  /** From now on it does not keep this program alive. */
  #detach<T>(value: T): T {
    this.#child.unref();
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) {
      (stream as unknown as { unref(): void }).unref();
    }
    return value;
  }
}

/** In the path of a control socket, ssh takes `%h` and the like for something else. */
function escapePercent(path: string): string {
  return path.replaceAll('%', '%%');
}
