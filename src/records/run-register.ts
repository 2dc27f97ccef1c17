import { EventEmitter } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { errorCode } from '../os/error-code.js';
import type { ChildRegister } from '../processes/child-register.js';
import { markedEnvironment } from '../processes/run-marker.js';
import { type ProcessRecord, type ServerRecord, ServerRecordFile } from './server-records.js';
import { stateErrors } from './state-errors.js';
import { type OwnStateFolder, PROJECT_NOTE, restoreStateFolder } from './state-folder.js';

interface RunRegisterEvents {
  /** The record was deleted and has been written again. */
  restored: [];
}

/** The part of a record that is known before the ports are. */
export type RunIdentity = Omit<ServerRecord, 'apiUrl' | 'proxyUrl'>;

/** Keeps the record of this program's dev server on disk as long as it runs. If someone deletes it, it is written again. */
export class RunRegister implements ChildRegister {
  readonly events = new EventEmitter<RunRegisterEvents>();
  readonly #folder: OwnStateFolder;
  readonly #identity: RunIdentity;
  readonly #file: ServerRecordFile;
  #record: ServerRecord | undefined;

  constructor(folder: OwnStateFolder, identity: RunIdentity) {
    this.#folder = folder;
    this.#identity = identity;
    this.#file = new ServerRecordFile(folder, identity.runId);
  }

  /** Marks the environment of every process that is started. */
  get marker(): string {
    return this.#identity.marker;
  }

  /**
   * Writes the record. From now on the dev server can be found, and processes may be started.
   * @throws JamdevError `StateFolderUnusable`
   */
  open(urls: Pick<ServerRecord, 'apiUrl' | 'proxyUrl'>): void {
    const record = { ...this.#identity, ...urls };
    this.#write(record);
    this.#record = record;
  }

  environment(): Record<string, string> {
    this.restore();
    return markedEnvironment(this.marker);
  }

  note(record: ProcessRecord): void {
    this.#file.noteProcess(record);
  }

  /** Records which backend a slot of a warm pool became. The record is written when this returns. */
  noteAssignment(slot: string, backendId: string): void {
    this.#file.noteAssignment(slot, backendId);
  }

  /**
   * Writes the record again if someone deleted it.
   * @throws JamdevError `StateFolderUnusable`, `StateFolderUnsafe`
   */
  restore(): void {
    if (this.#record === undefined || this.#isThere()) return;
    try {
      restoreStateFolder(this.#folder);
    } catch (error) {
      throw error instanceof JamdevError ? error : this.#unusable(error);
    }
    this.#write(this.#record);
    this.events.emit('restored');
  }

  /** Removes the record, since nothing of this run is left. */
  remove(): void {
    this.close();
    this.#file.remove();
  }

  /** Keeps the record, so that the next start cleans up the remains of this run. */
  close(): void {
    this.#record = undefined;
  }

  #write(record: ServerRecord): void {
    try {
      this.#file.write(record);
    } catch (error) {
      throw this.#unusable(error);
    }
  }

  #isThere(): boolean {
    return [join(this.#folder.root, PROJECT_NOTE), this.#file.path].every(
      (path) => statSync(path, { throwIfNoEntry: false }) !== undefined,
    );
  }

  #unusable(error: unknown): JamdevError {
    return stateErrors.stateFolderUnusable(this.#folder.root, errorCode(error));
  }
}
