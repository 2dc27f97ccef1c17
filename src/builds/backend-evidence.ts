import type { ServiceConfig } from '../config/service-config.js';
import type { Platform } from '../platform/platform.js';
import { filesOpenForWriting } from '../processes/open-files.js';
import { takeSnapshot } from '../processes/process-snapshot.js';
import { hasProc } from '../processes/process-table.js';
import { findDefaultCheck, isLoaded } from './default-check.js';
import type { LoadedFiles } from './loaded-files.js';

/** What running backends have to do with a changed file: they run it as code, or they have written it. */
export type Involvement = 'runs' | 'writes';

/** More files than this are a checkout or a copy: no backend writes so many at once. */
const MAX_FILES = 100;

/** Knows what backends have to do with files, as far as there is evidence and not just a time that fits. */
export class BackendEvidence {
  readonly #platform: Platform;
  readonly #loaded: LoadedFiles;

  constructor(platform: Platform, loaded: LoadedFiles) {
    this.#platform = platform;
    this.#loaded = loaded;
  }

  /**
   * Finds out what a service's backends have to do with changed files.
   * @param paths absolute
   * @returns by path; nothing where nothing is known
   */
  async of(service: ServiceConfig, paths: readonly string[]): Promise<ReadonlyMap<string, Involvement>> {
    const found = new Map<string, Involvement>();
    if (service.runtime !== 'process' || paths.length > MAX_FILES) return found;
    const isCode = await this.#codeOf({ ...service, build: undefined });
    const others = paths.filter((path) => !isCode(path));
    const written = others.length === 0 ? new Set() : await this.#writtenBy(service.name);
    for (const path of paths) {
      if (isCode(path)) found.set(path, 'runs');
      else if (written.has(path)) found.set(path, 'writes');
    }
    return found;
  }

  async #codeOf(service: Parameters<typeof findDefaultCheck>[0]): Promise<(path: string) => boolean> {
    const check = findDefaultCheck(service);
    if (check === undefined) return () => false;
    return isLoaded(check, await this.#loaded.list());
  }

  async #writtenBy(definition: string): Promise<Set<string>> {
    const running = this.#platform.running.filter(({ identity }) => identity.service.definition === definition);
    if (running.length === 0 || !hasProc()) return new Set();
    const snapshot = await takeSnapshot();
    const self = snapshot.find(process.pid);
    const processes = running.flatMap(({ identity }) => snapshot.withBackendId(identity.id, self?.startedAt ?? 0));
    return new Set(processes.flatMap(({ pid }) => filesOpenForWriting(pid)));
  }
}
