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

/** The project that a state folder belongs to. */
export interface ProjectNote extends FolderIdentity {
  /** Random id, known only to this user. It stays the same as long as the state is kept. */
  id: string;
}

/** Paths inside a project's state folder. */
export interface StateFolder {
  root: string;
  /** One record per dev server, running or left behind. */
  servers: string;
  /** One folder per backend. */
  logs: string;
  /** The /plane-data folders of containers, one per key. Created when needed. */
  volumes: string;
}

/** An existing state folder. */
export interface OwnStateFolder extends StateFolder {
  project: ProjectNote;
  /** Remarks for the user, in sentences. */
  remarks: readonly string[];
}

/** A state folder on disk and its project. */
export interface FoundState {
  folder: StateFolder;
  note: ProjectNote;
}

/** The file in a state folder that names its project. */
export const PROJECT_NOTE = 'project.json';
const READABLE_CHARACTERS = 40;
const HASH_CHARACTERS = 12;
const ID_BYTES = 16;
/** Limit for state folders whose projects had the same path, one after the other. */
const MAX_NAMES = 1_000;

/** @returns the state folder of a project, whether it exists or not; does not change the disk */
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

/** @returns the state folders of all projects, including projects that no longer exist */
export function listStateFolders(): FoundState[] {
  return list(findStateHome());
}

/**
 * Finds or creates a project's state folder, readable only by this user. A renamed project keeps its state folder.
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

/** Writes a state folder's project note again after someone deleted it. */
export function restoreStateFolder({ root, servers, logs, project }: OwnStateFolder): void {
  createStateHome();
  for (const path of [root, servers, logs]) makeOwnFolder(path);
  writeNewOwnFile(join(root, PROJECT_NOTE), serialize(project));
}

/**
 * Finds a state folder by the project's path, or else by the folder's identity, because a folder can be renamed or have
 * several names.
 */
function find(home: StateHome, identity: FolderIdentity): FoundState | undefined {
  const likely = readNote(join(home.projects, folderName(identity.path)));
  if (likely?.note.path === identity.path) return likely;
  const all = list(home);
  return all.find(({ note }) => note.path === identity.path) ?? all.find(({ note }) => isSameFolder(note, identity));
}

/** Claims the first free name. If several processes start at once, one writes the note and the others find it. */
function claim(home: StateHome, identity: FolderIdentity): FoundState {
  const name = folderName(identity.path);
  for (let number = 1; number <= MAX_NAMES; number += 1) {
    const root = join(home.projects, number === 1 ? name : `${name}-${number}`);
    makeOwnFolder(root);
    writeNewOwnFile(join(root, PROJECT_NOTE), serialize({ ...identity, id: randomBytes(ID_BYTES).toString('hex') }));
    const found = readNote(root);
    if (found?.note.path === identity.path) return found;
    // The note is incomplete after a file system failure. It can be removed, since the folder's name still shows its
    // project.
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
    // No dev server has run yet.
    return [];
  }
  return names.flatMap((name) => readNote(join(projects, name)) ?? []);
}

function readNote(root: string): FoundState | undefined {
  try {
    // Root gets only a warning about another user's folder, so that user's note is accepted too. It can't make root end any
    // process.
    const reader = process.getuid?.() || null;
    const note = JSON.parse(readOwnFile(join(root, PROJECT_NOTE), reader) ?? 'null') as Partial<ProjectNote> | null;
    return isNote(note) ? { folder: pathsIn(root), note } : undefined;
  } catch (error) {
    noteHandled('state', "reading a state folder's note", error);
    // Incomplete or currently unreadable, so it counts as another project's.
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

/** Returns a folder name that is readable, short enough for every file system, and unique per project. */
function folderName(project: string): string {
  const readable = basename(project)
    .replace(/[^A-Za-z0-9_-]+/g, '_')
    .slice(0, READABLE_CHARACTERS);
  return `${readable}-${createHash('sha256').update(project).digest('hex').slice(0, HASH_CHARACTERS)}`;
}
