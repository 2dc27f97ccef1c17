import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { ignoreError, noteHandled } from '../../os/debug/debug-log.js';
import type { ControlPlace } from './control-socket-folder.js';
import { LineReader } from './line-reader.js';
import { type Assignment, assignmentLine, parseReport } from './messages.js';

/** The backend's progress, which only moves forward. */
type Progress = 'starting' | 'warmed' | 'assigned' | 'ready' | 'over';

/** Receives the reports of a backend in a warm pool. */
export interface ControlListener {
  /** Reports that the backend is waiting for its assignment. */
  warmed(): void;
  /** Reports that the backend is ready for requests. */
  ready(): void;
  /** Reports that the backend closed the connection on which it had reported `Warmed` before it reported `Ready`. */
  hungUp(): void;
}

/**
 * The control socket of one backend in a warm pool: the backend reports `Warmed`, gets one assignment, and reports
 * `Ready` (platform contract, "Warm pools"). The first connection that reports is the backend's; all others are
 * ignored.
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
   * Listens at a free place.
   * @throws the system's error if that is not possible
   */
  static async listen(place: ControlPlace, listener: ControlListener): Promise<ControlSocket> {
    const socket = new ControlSocket(place, listener);
    await new Promise<void>((resolve, reject) => {
      socket.#server.once('error', reject);
      socket.#server.listen(place.path, resolve);
    });
    socket.#server.on('error', ignoreError('processes', 'accepting a connection to a control socket'));
    // Write permission is required to connect to a socket.
    chmodSync(place.path, place.mode);
    return socket;
  }

  /** Whether the backend is waiting for its assignment and can get it. */
  get isWarmed(): boolean {
    return this.#progress === 'warmed' && !this.#hasHungUp;
  }

  get progress(): Progress {
    return this.#progress;
  }

  /** Whether there was ever a connection. */
  get wasConnected(): boolean {
    return this.#wasConnected;
  }

  /** Whether the backend reported `Ready` before its assignment, which is ignored. */
  get saidReadyTooEarly(): boolean {
    return this.#saidReadyTooEarly;
  }

  /** Whether the backend closed the connection before it reported `Ready`. */
  get hasHungUp(): boolean {
    return this.#hasHungUp;
  }

  /** Sends the backend its assignment. Call this only once, after it has reported `Warmed`. */
  assign(assignment: Assignment): void {
    if (this.#progress !== 'warmed') throw new Error(`a backend that is ${this.#progress} can't be assigned`);
    this.#progress = 'assigned';
    this.#peer?.write(assignmentLine(assignment));
  }

  /** Closes all connections and removes the socket with its folder. Safe to call again. */
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
    // The event 'close' follows.
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
