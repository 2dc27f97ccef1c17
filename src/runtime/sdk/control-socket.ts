import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { ignoreError, noteHandled } from '../../os/debug/debug-log.js';
import type { ControlPlace } from './control-socket-folder.js';
import { LineReader } from './line-reader.js';
import { type Assignment, assignmentLine, parseReport } from './messages.js';

/** How far the backend has come. Moves forward only. */
type Progress = 'starting' | 'warmed' | 'assigned' | 'ready' | 'over';

/** Receives what a backend in a warm pool reports. */
export interface ControlListener {
  /** It awaits its assignment. */
  warmed(): void;
  /** It may get requests. */
  ready(): void;
  /** It closed the connection by which it had reported `Warmed`, before it reported `Ready`. */
  hungUp(): void;
}

/**
 * The control socket of one backend in a warm pool: it reports `Warmed`, gets one assignment, and reports `Ready`
 * (platform contract, "Warm pools"). The connection that reports first is the backend's; what else comes is ignored.
 */
export class ControlSocket {
  readonly path: string;
  readonly #listener: ControlListener;
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  #progress: Progress = 'starting';
  #peer: Socket | undefined;
  #wasConnected = false;
  #saidReadyTooEarly = false;
  #hasHungUp = false;
  readonly #folder: string;

  private constructor({ path, folder }: ControlPlace, listener: ControlListener) {
    this.path = path;
    this.#folder = folder;
    this.#listener = listener;
    this.#server = createServer((connection) => this.#accept(connection));
  }

  /**
   * Listens at a place that is free.
   * @throws the system's error when that is not possible
   */
  static async listen(place: ControlPlace, listener: ControlListener): Promise<ControlSocket> {
    const socket = new ControlSocket(place, listener);
    await new Promise<void>((resolve, reject) => {
      socket.#server.once('error', reject);
      socket.#server.listen(place.path, resolve);
    });
    socket.#server.on('error', ignoreError('processes', 'accepting a connection to a control socket'));
    // Who may write to it may connect.
    chmodSync(place.path, place.mode);
    return socket;
  }

  /** Whether it awaits its assignment and can get it. */
  get isWarmed(): boolean {
    return this.#progress === 'warmed' && !this.#hasHungUp;
  }

  get progress(): Progress {
    return this.#progress;
  }

  /** Whether anything ever connected. */
  get wasConnected(): boolean {
    return this.#wasConnected;
  }

  /** Whether it reported `Ready` before it had its assignment, which does not count. */
  get saidReadyTooEarly(): boolean {
    return this.#saidReadyTooEarly;
  }

  /** Whether it closed the connection before it reported `Ready`. */
  get hasHungUp(): boolean {
    return this.#hasHungUp;
  }

  /** Gives the backend its assignment; only once, and only after it has reported `Warmed`. */
  assign(assignment: Assignment): void {
    if (this.#progress !== 'warmed') throw new Error(`a backend that is ${this.#progress} can't be assigned`);
    this.#progress = 'assigned';
    this.#peer?.write(assignmentLine(assignment));
  }

  /** Ends all connections and removes the socket with its folder. Safe to call again. */
  close(): void {
    this.#progress = 'over';
    this.#server.close();
    for (const connection of this.#connections) connection.destroy();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #accept(connection: Socket): void {
    this.#wasConnected = true;
    this.#connections.add(connection);
    const lines = new LineReader();
    connection.on('data', (chunk) => {
      for (const line of lines.push(chunk)) this.#take(line, connection);
    });
    // 'close' follows.
    connection.on('error', (error) => noteHandled('processes', 'reading from a control socket', error));
    connection.once('close', () => {
      this.#connections.delete(connection);
      const isWaitedFor = this.#progress === 'warmed' || this.#progress === 'assigned';
      if (connection !== this.#peer || !isWaitedFor) return;
      this.#hasHungUp = true;
      this.#listener.hungUp();
    });
  }

  #take(line: string, connection: Socket): void {
    const report = parseReport(line);
    if (report === 'Warmed' && this.#progress === 'starting') {
      this.#peer = connection;
      this.#progress = 'warmed';
      this.#listener.warmed();
    }
    if (report !== 'Ready' || connection !== (this.#peer ?? connection)) return;
    if (this.#progress === 'assigned') {
      this.#progress = 'ready';
      this.#listener.ready();
    } else if (this.#progress !== 'ready') this.#saidReadyTooEarly = true;
  }
}
