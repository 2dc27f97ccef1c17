import { join } from 'node:path';
import type { LogStore } from '../logs/log-store.js';
import { RunTree } from '../processes/run-tree.js';
import { DeletionNotice } from '../records/deletion-notice.js';
import type { RunRegister } from '../records/run-register.js';
import { type OwnStateFolder, PROJECT_NOTE } from '../records/state-folder.js';
import { devServerErrors } from './dev-server-errors.js';
import { ProjectFolder } from './project-folder.js';

/** How often to check that the state and project folders still exist. Each check takes three system calls. */
const LOOK_MS = 1_000;

interface Guarded {
  folder: OwnStateFolder;
  register: RunRegister;
  logs: LogStore;
  /** Receives a sentence for the user. */
  tell(text: string): void;
}

/** Keeps a dev server's state on disk while it runs, and reports if the state or project folder disappears. */
export class StateGuard {
  readonly #guarded: Guarded;
  readonly #project: ProjectFolder;
  readonly #timer: NodeJS.Timeout;
  readonly #notice: DeletionNotice;
  #failure: string | undefined;

  constructor(guarded: Guarded) {
    this.#guarded = guarded;
    this.#project = new ProjectFolder(guarded.folder.project.path);
    guarded.register.events.on('restored', () => this.#afterRestoring());
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
    this.#notice = new DeletionNotice(join(guarded.folder.root, PROJECT_NOTE), () => this.#look());
  }

  close(): void {
    clearInterval(this.#timer);
    this.#notice.close();
    this.#project.close();
  }

  #look(): void {
    const fate = this.#project.check();
    if (fate !== undefined) this.#guarded.tell(fate);
    try {
      this.#guarded.register.restore();
      this.#failure = undefined;
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (text !== this.#failure) this.#guarded.tell(text);
      this.#failure = text;
    }
  }

  #afterRestoring(): void {
    const { folder, register, logs, tell } = this.#guarded;
    logs.restore();
    this.#notice.watch(join(folder.root, PROJECT_NOTE));
    tell(devServerErrors.stateDeleted(folder.root).sentence);
    // Processes that replaced their environment could only be found by their records, which are gone.
    void new RunTree({ markers: new Set([register.marker]), roots: [] }).sample().then((sample) => {
      if (!sample.known) return;
      for (const { pid, startId, startedAt } of sample.living)
        register.note({ backendId: '', pid, startId, startedAt });
    });
  }
}
