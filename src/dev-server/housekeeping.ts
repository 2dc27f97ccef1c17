import { dirname, join } from 'node:path';
import { type LoadedFiles, removeLoadedFilesOfDeadRuns } from '../builds/loaded-files.js';
import type { WriteReports } from '../builds/write-reports.js';
import type { LogStore } from '../logs/log-store.js';
import { ignoreError } from '../os/debug/debug-log.js';
import type { Platform } from '../platform/platform.js';
import { pruneCompileCache, pruneOwnCompileCaches } from '../records/prune-compile-cache.js';
import type { StateFolder } from '../records/state-folder.js';
import { findStateHome } from '../records/state-home.js';
import { removeDeadControlSocketFolders } from '../runtime/sdk/control-socket-folder.js';
import { listForeignRuns } from './other-servers.js';

/** The dependencies of housekeeping. */
export interface Household {
  folder: StateFolder;
  runId: string;
  platform: Platform;
  logs: LogStore;
  loaded: LoadedFiles;
  writes: WriteReports;
}

/**
 * Limits what ended backends and dead runs leave on disk, from now on.
 * @returns a function that prunes once
 */
export function startHousekeeping({ folder, runId, platform, logs, loaded, writes }: Household): () => void {
  const pruneLogs = () =>
    void listForeignRuns(folder, runId)
      .then((runs) => logs.prune(runs))
      // It may fail, for example without free file descriptors. The next end of a backend tries again.
      .catch(ignoreError('start', 'removing what ended backends and dead runs left'));
  platform.events.on('backend', (backend) => {
    void backend.gone.then(() => logs.isPruned || pruneLogs());
    void backend.gone.then(() => loaded.prune());
    void backend.gone.then(() => writes.prune());
  });
  return () => {
    pruneLogs();
    void Promise.all([
      pruneCompileCache(join(folder.root, 'compile-cache')),
      pruneOwnCompileCaches(findStateHome().root),
    ]).catch(ignoreError('start', 'removing compiled code of older versions of Node.js'));
    void removeDeadControlSocketFolders().catch(ignoreError('start', 'removing control sockets of dead runs'));
    void listForeignRuns(folder, runId)
      .then((runs) => removeLoadedFilesOfDeadRuns(dirname(loaded.folder), new Set([...runs, runId])))
      .catch(ignoreError('start', 'removing what ended backends and dead runs left'));
  };
}
