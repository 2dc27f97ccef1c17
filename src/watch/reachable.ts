import { type BytePath, join } from './byte-path.js';
import type { FolderTree } from './folder-tree.js';
import type { Links } from './links.js';

/** Folders visited before yielding to the event loop. */
const FOLDERS_PER_TURN = 200;

/** Stops watching folders that are no longer reachable from a named path or by a link. */
export async function leaveUnreachable(tree: FolderTree, links: Links, named: readonly BytePath[]): Promise<void> {
  const reached = new Set<BytePath>();
  const waiting = [...named];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const folder = tree.folders.get(path);
    if (folder === undefined || reached.has(path)) continue;
    reached.add(path);
    if (reached.size % FOLDERS_PER_TURN === 0) await new Promise(setImmediate);
    for (const [name, { kind }] of folder.entries) {
      if (kind === 'folder') waiting.push(join(path, name));
      const behind = kind === 'link' ? links.folderBehind(join(path, name)) : undefined;
      if (behind !== undefined) waiting.push(behind);
    }
  }
  for (const [path, folder] of tree.folders) {
    if (reached.has(path)) continue;
    folder.stop();
    tree.folders.delete(path);
  }
}
