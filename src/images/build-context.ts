import { constants, lstatSync } from 'node:fs';
import { chmod, copyFile, link, lstat, mkdir, mkdtemp, readdir, readlink, rm, symlink } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { ImageRequest } from '../builds/image-request.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { oldStateOf } from '../records/old-state.js';
import { findStateHome } from '../records/state-home.js';

/** The files that are sent to the builder. */
export interface BuildContext {
  /** Absolute path of the folder. */
  folder: string;
  /** Absolute path of the Dockerfile; if the folder is a copy, the path inside the copy. */
  dockerfile: string;
  /** Deletes the files that were created for the context. */
  dispose(): Promise<void>;
}

/** Name of a build context that a dev server of an earlier version created in its state folder. */
const OF_RUN = /^context-([0-9a-f-]{36})-\w{6}$/;

/**
 * Keeps jamdev's own state out of the files sent to a builder, whatever the ignore files say. If the context contains state,
 * the builder gets a tree of links to all other files instead.
 * @param project absolute path of the project folder
 */
export async function openBuildContext(
  request: Pick<ImageRequest, 'context' | 'dockerfile' | 'runId' | 'scratch'>,
  project: string,
): Promise<BuildContext> {
  const { context, dockerfile, runId, scratch = '' } = request;
  const places = [oldStateOf(project).root, findStateHome().root].filter(
    (path) => isInside(path, context) && isRealFolder(path),
  );
  const [place] = places;
  if (place === undefined) return { folder: context, dockerfile, dispose: async () => undefined };
  // In a folder that is itself excluded, and on the same file system as the context.
  const parent = places.some((each) => isInside(scratch, each)) ? scratch : place;
  const folder = await mkdtemp(join(parent, `context-${runId}-`));
  const dispose = () => rm(folder, { recursive: true, force: true });
  try {
    await linkTree(context, folder, places);
  } catch (error) {
    await dispose();
    throw error;
  }
  const isCopied = isInside(dockerfile, context) && !places.some((place) => isInside(dockerfile, place));
  return { folder, dockerfile: isCopied ? join(folder, relative(context, dockerfile)) : dockerfile, dispose };
}

/**
 * Removes link trees left in the state folder of an earlier version by runs that were killed.
 * @param project absolute path of the project folder
 * @param isDead whether the run with this id has ended
 */
export async function removeDeadContexts(project: string, isDead: (runId: string) => boolean): Promise<void> {
  const { root } = oldStateOf(project);
  if (!isRealFolder(root)) return;
  for (const name of await readdir(root)) {
    const runId = OF_RUN.exec(name)?.[1];
    if (runId !== undefined && isDead(runId)) await rm(join(root, name), { recursive: true, force: true });
  }
}

async function linkTree(from: string, to: string, leftOut: readonly string[]): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (leftOut.includes(source)) continue;
    if (entry.isDirectory()) {
      await mkdir(target);
      await linkTree(source, target, leftOut);
      await chmod(target, (await lstat(source)).mode);
    } else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    // Builders accept no other kinds of files.
    else if (entry.isFile()) await linkFile(source, target);
  }
}

/**
 * Links a file, or copies it if that fails: some systems forbid links to other users' files, and some file systems have no
 * links.
 */
async function linkFile(source: string, target: string): Promise<void> {
  try {
    await link(source, target);
  } catch (error) {
    noteHandled('docker', 'linking a file into the build context', error);
    await copyFile(source, target, constants.COPYFILE_FICLONE);
  }
}

function isInside(path: string, folder: string): boolean {
  return `${path}${sep}`.startsWith(`${folder}${sep}`.replace(`${sep}${sep}`, sep));
}

function isRealFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
