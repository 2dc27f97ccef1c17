import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { errorCode } from '../os/error-code.js';
import { pathErrors } from '../os/path-errors.js';
import { type FolderIdentity, identifyFolder, isSameFolder } from './folder-identity.js';
import { readOwnFile, writeNewOwnFile, writeOwnFile } from './own-file.js';
import { makeOwnFolder } from './own-folder.js';
import { stateErrors } from './state-errors.js';
import { createStateHome, findStateHome, type StateHome } from './state-home.js';

/** What a state folder records about its project. */
export interface ProjectNote extends FolderIdentity {
  /** Random: known to this user only, and the same for as long as the state is kept. */
  id: string;
}

/** Paths inside a project's state folder. */
export interface StateFolder {
  root: string;
  /** One record per dev server, running or left behind. */
  servers: string;
  /** One folder per backend. */
  logs: string;
  /** What containers keep at /plane-data, one folder per key. Made when needed. */
  volumes: string;
}

/** An existing state folder. */
export interface OwnStateFolder extends StateFolder {
  project: ProjectNote;
  /** What the user should know about it, in sentences. */
  remarks: readonly string[];
}

/** A state folder on the disk, and whose it is. */
export interface FoundState {
  folder: StateFolder;
  note: ProjectNote;
}

/** The file that says whose state folder it is. */
export const PROJECT_NOTE = 'project.json';
const READABLE_CHARACTERS = 40;
const HASH_CHARACTERS = 12;
const ID_BYTES = 16;
/** The most state folders of different projects that had the same path one after the other. */
const MAX_NAMES = 1_000;

/** @returns the folder of a project's state, existing or not, without changing the disk */
export function stateFolderOf(project: string): StateFolder {
  const home = findStateHome();
  const identity = identifyFolder(project) ?? { path: project, device: '', inode: '', born: '0' };
  return find(home, identity)?.folder ?? pathsIn(join(home.projects, folderName(identity.path)));
}

/** @returns the random id of a project, if it has a state folder */
export function findProjectId(project: string): string | undefined {
  const identity = identifyFolder(project);
  return identity === undefined ? undefined : find(findStateHome(), identity)?.note.id;
}

/** @returns the state folders of all projects that have one, whether the project is still there or not */
export function listStateFolders(): FoundState[] {
  return list(findStateHome());
}

/**
 * Finds or makes a project's state folder, readable by this user only. A project that was renamed keeps its own.
 * @throws JamdevError `StateFolderUnusable`, `StateFolderUnsafe`
 */
export function createStateFolder(project: string): OwnStateFolder {
  const identity = identifyFolder(project);
  if (identity === undefined) throw pathErrors.folderMissing(project);
  const home = createStateHome();
  const remarks = new Set(home.remarks);
  let place = home.root;
  try {
    const { folder, note } = find(home, identity) ?? claim(home, identity);
    place = folder.root;
    for (const path of [folder.root, folder.servers, folder.logs]) {
      for (const remark of makeOwnFolder(path)) remarks.add(remark);
    }
    const current = { ...identity, id: note.id };
    if (!isSameNote(note, current)) writeOwnFile(join(folder.root, PROJECT_NOTE), serialize(current));
    return { ...folder, project: current, remarks: [...remarks] };
  } catch (error) {
    throw error instanceof JamdevError ? error : stateErrors.stateFolderUnusable(place, errorCode(error));
  }
}

/** Writes the note with a state folder's project again after someone deleted it. */
export function restoreStateFolder({ root, servers, logs, project }: OwnStateFolder): void {
  createStateHome();
  for (const path of [root, servers, logs]) makeOwnFolder(path);
  writeNewOwnFile(join(root, PROJECT_NOTE), serialize(project));
}

/** Finds it by its path, or else by the folder's identity, for a folder that was renamed or has several names. */
function find(home: StateHome, identity: FolderIdentity): FoundState | undefined {
  const likely = readNote(join(home.projects, folderName(identity.path)));
  if (likely?.note.path === identity.path) return likely;
  const all = list(home);
  return all.find(({ note }) => note.path === identity.path) ?? all.find(({ note }) => isSameFolder(note, identity));
}

/** Takes the first name that is free; of several that start at once, one makes the note and the others find it. */
function claim(home: StateHome, identity: FolderIdentity): FoundState {
  const name = folderName(identity.path);
  for (let number = 1; number <= MAX_NAMES; number += 1) {
    const root = join(home.projects, number === 1 ? name : `${name}-${number}`);
    makeOwnFolder(root);
    writeNewOwnFile(join(root, PROJECT_NOTE), serialize({ ...identity, id: randomBytes(ID_BYTES).toString('hex') }));
    const found = readNote(root);
    if (found?.note.path === identity.path) return found;
    // Incomplete after a failure of the file system: the folder's name still shows its project.
    if (found === undefined) rmSync(join(root, PROJECT_NOTE));
  }
  throw stateErrors.stateFolderUnusable(join(home.projects, name), `no name is free after ${MAX_NAMES} attempts`);
}

function list({ projects }: StateHome): FoundState[] {
  let names: string[];
  try {
    names = readdirSync(projects).sort();
  } catch (error) {
    noteHandled('state', 'listing state folders', error);
    // No dev server ever ran.
    return [];
  }
  return names.flatMap((name) => readNote(join(projects, name)) ?? []);
}

function readNote(root: string): FoundState | undefined {
  try {
    // For root, who is warned of a folder of another user, that user's note is good enough: it ends nothing.
    const reader = process.getuid?.() || null;
    const note = JSON.parse(readOwnFile(join(root, PROJECT_NOTE), reader) ?? 'null') as Partial<ProjectNote> | null;
    return isNote(note) ? { folder: pathsIn(root), note } : undefined;
  } catch (error) {
    noteHandled('state', "reading a state folder's note", error);
    // Incomplete or currently unreadable: it counts as another project's.
    return undefined;
  }
}

function isNote(value: Partial<ProjectNote> | null): value is ProjectNote {
  const { id, path, device, inode, born } = value ?? {};
  return [id, path, device, inode, born].every((field) => typeof field === 'string');
}

function isSameNote(a: ProjectNote, b: ProjectNote): boolean {
  return serialize(a) === serialize(b);
}

function serialize({ id, path, device, inode, born }: ProjectNote): string {
  return `${JSON.stringify({ id, path, device, inode, born })}\n`;
}

function pathsIn(root: string): StateFolder {
  return { root, servers: join(root, 'servers'), logs: join(root, 'logs'), volumes: join(root, 'volumes') };
}

/** Readable, short enough for every file system, and different for different projects. */
function folderName(project: string): string {
  const readable = basename(project)
    .replace(/[^A-Za-z0-9_-]+/g, '_')
    .slice(0, READABLE_CHARACTERS);
  return `${readable}-${createHash('sha256').update(project).digest('hex').slice(0, HASH_CHARACTERS)}`;
}
