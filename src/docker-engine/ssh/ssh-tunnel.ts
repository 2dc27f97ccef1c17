import { EventEmitter } from 'node:events';
import { rmSync } from 'node:fs';
import { basename } from 'node:path';
import type { JamdevError } from '../../contract/errors/jamdev-error.js';
import { systemClock } from '../../os/clock.js';
import { ignoreError, noteDecision } from '../../os/debug/debug-log.js';
import { SshConnection } from './ssh-connection.js';
import { createSshFolder, removeDeadSshFolders, type SshFolder } from './ssh-folder.js';
import { sshProblem } from './ssh-problem.js';
import { readSshUrl, type SshTarget } from './ssh-target.js';

const DEFAULT_SOCKET = '/var/run/docker.sock';
const ENGINE = 'engine';
/**
 * Limits of the pause between attempts to reconnect. It doubles each time, since servers lock out clients that try too
 * often.
 */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

interface SshTunnelEvents {
  /** The connection and everything that went through it have ended. The tunnel reconnects. */
  interrupted: [];
}

/**
 * An SSH connection to an engine and to the ports of its containers. Each local end is a Unix socket in a folder that
 * only this user can enter. The sockets keep their paths when the connection is reopened.
 */
export class SshTunnel {
  readonly events = new EventEmitter<SshTunnelEvents>();
  readonly #url: string;
  readonly #target: SshTarget;
  readonly #folder: SshFolder;
  /** The destination of each forwarding, by the name of its local socket. */
  readonly #forwardings = new Map<string, string>();
  #connection: SshConnection;
  /** ssh's output at the last end of a connection. */
  #lastWords = '';
  /** The number of ports opened so far. */
  #opened = 0;
  #pauseMs = FIRST_PAUSE_MS;
  #isConnected = false;
  #isClosed = false;
  #cancelReconnection: () => void = () => undefined;

  private constructor(url: string) {
    this.#url = url;
    this.#target = readSshUrl(url);
    this.#folder = createSshFolder();
    this.#connection = new SshConnection(this.#target, this.#folder.control);
  }

  /**
   * Connects to the machine of an engine.
   * @param url in the form `ssh://user@host`
   * @throws JamdevError `EngineUnreachable`
   */
  static async open(url: string, signal?: AbortSignal): Promise<SshTunnel> {
    await removeDeadSshFolders().catch(ignoreError('docker', 'removing SSH folders of dead programs'));
    const tunnel = new SshTunnel(url);
    const giveUp = () => tunnel.close();
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      const engine = await tunnel.#connection.connected();
      if (engine === undefined) throw tunnel.#problem;
      tunnel.#forwardings.set(ENGINE, tunnel.#socketThere(engine));
      if (!(await tunnel.#forwardAll())) throw tunnel.#problem;
      tunnel.#watch();
      return tunnel;
    } catch (error) {
      tunnel.close();
      throw error;
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }

  /** The local socket that leads to the engine. */
  get engineSocket(): string {
    return this.#folder.socket(ENGINE);
  }

  /**
   * Makes an error from ssh's last output, which explains why a connection through the tunnel failed. ssh prints the
   * reason before it closes the local socket, but either may be read first.
   */
  async explain(): Promise<JamdevError> {
    for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    return this.#problem;
  }

  get #problem(): JamdevError {
    return sshProblem(this.#url, this.#target, this.#connection.words || this.#lastWords);
  }

  /**
   * Forwards to a port on the other machine's loopback.
   * @returns the path of the local socket
   * @throws JamdevError `EngineUnreachable`
   */
  async openPort(port: number): Promise<string> {
    // Each forwarding has its own name, because a port may belong to another backend before its last forwarding is
    // closed.
    this.#opened += 1;
    const name = String(this.#opened);
    this.#forwardings.set(name, `127.0.0.1:${port}`);
    // If there is no connection, the forwarding is added to the next one.
    if (this.#isConnected && !(await this.#forward(name))) throw this.#problem;
    return this.#folder.socket(name);
  }

  /** @param socket the result of {@link openPort} */
  async closePort(socket: string): Promise<void> {
    const name = basename(socket);
    const forwarding = this.#argument(name);
    this.#forwardings.delete(name);
    if (this.#isConnected) await this.#connection.control('cancel', forwarding);
    rmSync(socket, { force: true });
  }

  close(): void {
    this.#isClosed = true;
    this.#isConnected = false;
    this.#cancelReconnection();
    this.#connection.close();
    this.#folder.remove();
  }

  #watch(): void {
    this.#isConnected = true;
    this.#pauseMs = FIRST_PAUSE_MS;
    const connection = this.#connection;
    void connection.ended.then(() => {
      if (this.#isClosed) return;
      noteDecision('docker', () => `the SSH connection ended: ${connection.words.trim()}`);
      this.#isConnected = false;
      this.events.emit('interrupted');
      this.#reconnectLater();
    });
  }

  #reconnectLater(): void {
    this.#lastWords = this.#connection.words || this.#lastWords;
    this.#cancelReconnection = systemClock.after(this.#pauseMs, () => void this.#reconnect());
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
  }

  async #reconnect(): Promise<void> {
    this.#connection = new SshConnection(this.#target, this.#folder.control);
    const engine = await this.#connection.connected();
    if (this.#isClosed) return this.#connection.close();
    if (engine === undefined || !(await this.#forwardAll())) {
      this.#connection.close();
      if (!this.#isClosed) this.#reconnectLater();
    } else this.#watch();
  }

  async #forwardAll(): Promise<boolean> {
    const all = await Promise.all([...this.#forwardings.keys()].map((name) => this.#forward(name)));
    return all.every((isOpen) => isOpen);
  }

  #forward(name: string): Promise<boolean> {
    return this.#connection.control('forward', this.#argument(name));
  }

  #argument(name: string): string {
    return `${this.#folder.socket(name)}:${this.#forwardings.get(name) ?? ''}`;
  }

  /** @param engine the engine of the docker client there, in the format of DOCKER_HOST; '' if unknown */
  #socketThere(engine: string): string {
    return this.#target.socket ?? /^unix:\/\/(.+)$/.exec(engine)?.[1] ?? DEFAULT_SOCKET;
  }
}
