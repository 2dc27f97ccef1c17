import { closeSync, fstatSync, openSync, readlinkSync } from 'node:fs';
import { noteHandled } from '../os/debug/debug-log.js';
import { type FolderIdentity, identifyFolder } from '../records/folder-identity.js';
import { devServerErrors } from './dev-server-errors.js';

/** What has happened to the project folder since the start of the dev server. */
type Fate = 'there' | 'renamed' | 'deleted' | 'replaced';

/** Detects that the project folder was moved or deleted while its dev server is running. */
export class ProjectFolder {
  readonly #path: string;
  readonly #identity: Pick<FolderIdentity, 'device' | 'inode'> | undefined;
  /** An open handle of the folder, which follows a rename. */
  readonly #folder: number | undefined;
  #fate: Fate = 'there';

  constructor(path: string) {
    this.#path = path;
    this.#identity = identifyFolder(path);
    this.#folder = openIfPossible(path);
  }

  /** @returns a remark for the user, if something changed since the last call */
  check(): string | undefined {
    const fate = this.#find();
    if (fate === this.#fate) return undefined;
    this.#fate = fate;
    if (fate === 'there') return devServerErrors.projectIsBack(this.#path).sentence;
    if (fate === 'replaced') return devServerErrors.projectReplaced(this.#path).sentence;
    if (fate === 'deleted') return devServerErrors.projectDeleted(this.#path).sentence;
    return devServerErrors.projectRenamed(this.#path, this.#newPath()).sentence;
  }

  close(): void {
    if (this.#folder !== undefined) closeSync(this.#folder);
  }

  #find(): Fate {
    if (this.#identity === undefined) return 'there';
    const now = identifyFolder(this.#path);
    if (now === undefined) return this.#isDeleted() ? 'deleted' : 'renamed';
    const isSame = now.device === this.#identity.device && now.inode === this.#identity.inode;
    return isSame ? 'there' : 'replaced';
  }

  /** Whether the folder was deleted, in which case it has no links left. */
  #isDeleted(): boolean {
    return this.#folder === undefined || fstatSync(this.#folder).nlink === 0;
  }

  /** Returns the current path of the open folder, which only Linux reports; undefined elsewhere. */
  #newPath(): string | undefined {
    try {
      return readlinkSync(`/proc/self/fd/${this.#folder}`);
    } catch (error) {
      noteHandled('start', 'finding the renamed project folder', error);
      return undefined;
    }
  }
}

/** Opens the folder; without a handle, a rename can't be distinguished from a deletion. */
function openIfPossible(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    noteHandled('start', 'opening the project folder', error);
    return undefined;
  }
}
