import { dirname } from 'node:path';
import { listStoredLogs, type StoredLog } from '../../logs/log-store.js';
import { isThere } from '../../os/is-there.js';
import { oldStateOf } from '../../records/old-state.js';
import { stateFolderOf } from '../../records/state-folder.js';

/** Returns the logs of the nearest project that has any: in this folder or a parent folder. */
export function storedLogs(from: string): StoredLog[] {
  for (let folder = from; ; folder = dirname(folder)) {
    const places = [stateFolderOf(folder).logs, oldStateOf(folder).logs];
    if (places.some((place) => isThere(place))) return listStoredLogs(...places);
    if (dirname(folder) === folder) return [];
  }
}
