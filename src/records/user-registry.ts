import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { type JamdevError, problem } from '../contract/errors.js';
import { errorCode } from '../os/error-code.js';
import { listServerRecords, type ServerRecord } from './server-records.js';
import { stateFolderOf } from './state-folder.js';

/** What the registry holds of a dev server: where its own record lies. The file is named after the run. */
interface Pointer {
  runId: string;
  project: string;
}

/**
 * Where this user's dev servers are registered, one small file each: `jamdev/servers` in the place for state that the
 * XDG base directory specification names, on macOS too.
 * @throws when the user has no home folder
 */
export function registryFolder(env: NodeJS.ProcessEnv = process.env): string {
  const named = env.XDG_STATE_HOME;
  const state = named !== undefined && isAbsolute(named) ? named : join(homedir(), '.local', 'state');
  return join(state, 'jamdev', 'servers');
}

/** The entry of one dev server. */
export interface Registration {
  /** Why it could not be made; undefined when it was. */
  problem: JamdevError | undefined;
  /** Takes it back; safe to call again. */
  remove(): void;
}

/** Makes a dev server known to commands in other folders. A home that can't be written stops nobody. */
export function registerServer({ runId, project }: Pointer): Registration {
  let path: string;
  try {
    path = join(registryFolder(), `${runId}.json`);
  } catch (error) {
    return { problem: problem.registryUnusable('~', String(error)), remove: () => undefined };
  }
  const remove = () => removeQuietly(path);
  const draft = `${path}.tmp`;
  try {
    makeFolders(dirname(path));
    writeFileSync(draft, `${JSON.stringify({ runId, project })}\n`, { mode: 0o600 });
    // In one step, so that a reader never sees half an entry.
    renameSync(draft, path);
    return { problem: undefined, remove };
  } catch (error) {
    removeQuietly(draft);
    const detail = errorCode(error);
    return { problem: problem.registryUnusable(dirname(path), detail), remove };
  }
}

/** Why no dev server could be registered, as far as can be told without making anything; undefined: all is well. */
export function findRegistryProblem(): JamdevError | undefined {
  let folder: string;
  try {
    folder = registryFolder();
  } catch (error) {
    return problem.registryUnusable('~', String(error));
  }
  try {
    let there = folder;
    while (statSync(there, { throwIfNoEntry: false }) === undefined) there = dirname(there);
    // The dot: a file in the place of a folder won't do.
    accessSync(`${there}/.`, constants.W_OK);
    return undefined;
  } catch (error) {
    return problem.registryUnusable(folder, errorCode(error));
  }
}

/** The dev servers of this user that run on this machine, by project, then oldest first. Forgets those that are gone. */
export async function listRegisteredServers(): Promise<ServerRecord[]> {
  const folder = folderIfAny();
  if (folder === undefined) return [];
  const found = await Promise.all(
    readPointers(folder).map(async (pointer) => {
      const state = stateFolderOf(pointer.project);
      const own = (await listServerRecords(state)).find(({ record }) => record.runId === pointer.runId);
      if (own?.alive) return own.record;
      if (own !== undefined || isMissing(join(state.servers, `${pointer.runId}.json`))) {
        removeQuietly(join(folder, `${pointer.runId}.json`));
      }
      return undefined;
    }),
  );
  return found
    .filter((record) => record !== undefined)
    .sort((a, b) => a.project.localeCompare(b.project) || a.startedAt.localeCompare(b.startedAt));
}

function folderIfAny(): string | undefined {
  try {
    return registryFolder();
  } catch {
    return undefined;
  }
}

function readPointers(folder: string): Pointer[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const runId = /^([\w-]+)\.json$/.exec(name)?.[1];
    if (runId === undefined) return [];
    try {
      const { project } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Partial<Pointer>;
      return typeof project === 'string' && isAbsolute(project) ? [{ runId, project }] : [];
    } catch {
      return [];
    }
  });
}

/**
 * Whether a file certainly does not exist; that it can't be reached for now is another matter. Not by `throwIfNoEntry`,
 * which from Node.js 22 on takes both for the same.
 */
function isMissing(path: string): boolean {
  try {
    statSync(path);
    return false;
  } catch (error) {
    return errorCode(error) === 'ENOENT';
  }
}

/** Not `recursive`: where the system takes no new folder at all (/proc), Node.js would try for ever. */
function makeFolders(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(path) !== path) makeFolders(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another dev server may have made it just now.
    if (errorCode(error) !== 'EEXIST' || !statSync(path).isDirectory()) throw error;
  }
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // An entry that stays is of a dead dev server, and the next reader tries again.
  }
}
