import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, closeSync, constants, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ignoreError } from '../../os/debug/debug-log.js';

const ONLY_THIS_USER = 0o700;
/** A container may run as any user. The parent folder is closed to other users of this machine. */
const READABLE_BY_ALL = 0o644;
const ENTERABLE_BY_ALL = 0o755;
const WRITABLE_BY_ALL = '666';
/** See stand-by.cjs. */
const NAMES = { assignment: 'assignment', reports: 'reports' } as const;

/**
 * A folder for one container or process in standby, with a pipe in each direction. Both pipes are closed once this
 * process has ended.
 */
export class StandbyFolder {
  readonly path: string;
  readonly #assignment: Socket;
  readonly #reports: Socket;

  private constructor(path: string, assignment: Socket, reports: Socket) {
    this.path = path;
    this.#assignment = assignment;
    this.#reports = reports;
    for (const pipe of [assignment, reports])
      pipe.on('error', ignoreError('processes', 'using a pipe to what stands by'));
  }

  /**
   * Creates a folder.
   * @param parent absolute path of a private folder, which is created if it is missing
   * @param files further files in the folder, by name
   * @throws the system's error
   */
  static async make(parent: string, files: Readonly<Record<string, string>>): Promise<StandbyFolder> {
    const path = join(parent, randomUUID());
    mkdirSync(path, { recursive: true, mode: ONLY_THIS_USER });
    try {
      const pipes = Object.values(NAMES).map((name) => join(path, name));
      await promisify(execFile)('mkfifo', ['-m', WRITABLE_BY_ALL, ...pipes]);
      for (const [name, text] of Object.entries(files)) {
        writeFileSync(join(path, name), text);
        chmodSync(join(path, name), READABLE_BY_ALL);
      }
      chmodSync(path, ENTERABLE_BY_ALL);
      const [assignment, reports] = [openPipe(path, 'assignment', false), openPipe(path, 'reports', true)];
      return new StandbyFolder(path, assignment, reports);
    } catch (error) {
      rmSync(path, { recursive: true, force: true });
      throw error;
    }
  }

  /** Receives each report, a single character. */
  onReport(listener: (report: string) => void): void {
    this.#reports.on('data', (bytes: Buffer) => {
      for (const report of bytes.toString('latin1')) listener(report);
    });
  }

  /** Removes the names of the pipes, so that later processes, such as a health check, can't open them by mistake. */
  hidePipes(): void {
    for (const name of Object.values(NAMES)) rmSync(join(this.path, name), { force: true });
  }

  /** Writes a single line and closes the pipe. */
  assign(text: string): void {
    this.#assignment.end(`${text}\n`);
  }

  /** Closes both pipes; the files stay. */
  close(): void {
    this.#assignment.destroy();
    this.#reports.destroy();
  }

  /** Removes the folder. Best effort: its parent is removed in the end. */
  remove(): void {
    this.close();
    try {
      rmSync(this.path, { recursive: true, force: true });
    } catch (error) {
      ignoreError('processes', 'removing the folder of what stands by')(error);
    }
  }
}

/**
 * Opens a pipe for both reading and writing, so that opening never blocks, and the pipe stays open until this process
 * ends or closes it.
 */
function openPipe(folder: string, name: keyof typeof NAMES, readable: boolean): Socket {
  const fd = openSync(join(folder, NAMES[name]), constants.O_RDWR | constants.O_NONBLOCK);
  try {
    return new Socket({ fd, readable, writable: !readable });
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
