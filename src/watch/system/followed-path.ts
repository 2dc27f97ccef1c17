import { ignoreError } from '../../os/debug/debug-log.js';
import type { BytePath } from '../byte-path.js';
import type { FolderEvents, Unsubscribe } from './folder-events.js';
import { type Resolution, resolveLinks } from './resolve-links.js';

/**
 * A named path or a link, which may be created, deleted or redirected. Every folder and link along it is watched, so that
 * renaming any of them is noticed.
 */
export class FollowedPath {
  readonly path: BytePath;
  readonly #events: FolderEvents;
  readonly #onChange: () => void;
  #steps: Unsubscribe[] = [];
  #closed = false;
  /** The result of following it last. */
  resolution: Resolution = { real: undefined, isFolder: false, error: 'ENOENT' };

  /** @param onChange called when something along the path has changed; {@link follow} then resolves it again */
  constructor(path: BytePath, events: FolderEvents, onChange: () => void) {
    this.path = path;
    this.#events = events;
    this.#onChange = onChange;
  }

  /** Follows the path again, and watches everything along it. */
  async follow(): Promise<Resolution> {
    const before = this.#steps;
    const steps: Unsubscribe[] = [];
    this.#steps = steps;
    this.resolution = await resolveLinks(this.path, async (folder, name) => {
      // A folder that can't be watched, such as an unreadable one, is skipped. The others are watched.
      const stop = await this.#events
        .watchName(folder, name, this.#onChange)
        .catch(ignoreError('watch', 'watching the way to a path'));
      if (stop === undefined) return;
      if (this.#closed) stop();
      else steps.push(stop);
    });
    for (const stop of before) stop();
    return this.resolution;
  }

  close(): void {
    this.#closed = true;
    for (const stop of this.#steps) stop();
    this.#steps = [];
  }
}
