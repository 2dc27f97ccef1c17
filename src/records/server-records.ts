import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { noteHandled } from '../os/debug/debug-log.js';
import { pidNamespace } from '../processes/pid-namespace.js';
import { findProcess } from '../processes/process-table.js';
import type { RunTraces } from '../processes/run-tree.js';
import { identifyFolder, isSameFolder } from './folder-identity.js';
import { findHolder } from './lock.js';
import { appendOwnFile, readOwnFile, writeOwnFile } from './own-file.js';
import { devLockOf } from './project-lock.js';
import { type FoundState, listStateFolders, type StateFolder } from './state-folder.js';

/**
 * A dev server's record on disk. Commands use it to find the dev server, and the next dev server to clean up after it. It is
 * written before the first process is started.
 */
export interface ServerRecord {
  runId: string;
  /** Random text in the environment of every process that is started. See `run-marker.ts`. */
  marker: string;
  pid: number;
  /** Together with the pid, identifies this process and no later one. See `ProcessEntry.startId`. */
  startId: string;
  /** The namespace of the pid. See `pidNamespace`. */
  namespace: string;
  /** Absolute path of the project folder, links resolved. */
  project: string;
  apiUrl: string;
  proxyUrl: string;
  /** ISO 8601. */
  startedAt: string;
  /** Whether it may have containers. */
  containers: boolean;
}

/** A backend's first process, recorded so that it can be found after a crash of the dev server. */
export interface ProcessRecord {
  backendId: string;
  pid: number;
  startId: string;
  startedAt: number;
}

/** A dev server that has a record. */
export interface ListedServer {
  record: ServerRecord;
  /** Whether it runs, as far as this process can tell. */
  alive: boolean;
  /** Whether it was started in another container, or outside of this one, since the machine was booted. It may still run. */
  foreign: boolean;
}

/** The record of one dev server. A dev server writes its own, and reads the records of dead ones. */
export class ServerRecordFile {
  readonly path: string;
  readonly #processesPath: string;

  constructor(folder: StateFolder, runId: string) {
    this.path = join(folder.servers, `${runId}.json`);
    this.#processesPath = join(folder.servers, `${runId}.processes`);
  }

  /** Writes atomically, so that a reader never sees an incomplete record. */
  write(record: ServerRecord): void {
    writeOwnFile(this.path, `${JSON.stringify(record)}\n`);
  }

  /** Records a process. Best effort, since a full disk must not stop a backend. */
  noteProcess(record: ProcessRecord): void {
    this.#append(record);
  }

  #append(record: object): void {
    try {
      appendOwnFile(this.#processesPath, `${JSON.stringify(record)}\n`);
    } catch (error) {
      noteHandled('state', 'recording a process', error);
      // The process can still be found: its environment names the run as well.
    }
  }

  /** Records which backend a slot of a warm pool became, since the environment and labels of its process can't change. */
  noteAssignment(slot: string, backendId: string): void {
    this.#append({ slot, backendId });
  }

  processes(): ProcessRecord[] {
    return (readIfPossible(this.#processesPath) ?? '').split('\n').flatMap((line) => {
      const record = parseJson<Partial<ProcessRecord> | null>(line);
      return isProcessRecord(record) ? record : [];
    });
  }

  /** Removes the record. Best effort: if that fails, the next dev server in the folder tries again. */
  remove(): void {
    try {
      rmSync(this.path, { force: true });
      rmSync(this.#processesPath, { force: true });
    } catch (error) {
      noteHandled('state', 'removing the record of a dev server', error);
      // The next dev server tries again.
    }
  }
}

/** Returns the traces that identify the processes of recorded dev servers, even if the dev servers have ended. */
export function tracesOf(folder: StateFolder, records: readonly ServerRecord[]): RunTraces {
  return {
    markers: new Set(records.map(({ marker }) => marker)),
    roots: records.flatMap(({ runId }) => new ServerRecordFile(folder, runId).processes()),
  };
}

/** Lists all recorded dev servers of a project, newest first, with whether each still runs. */
export async function listServerRecords(folder: StateFolder): Promise<ListedServer[]> {
  let names: string[];
  try {
    names = readdirSync(folder.servers);
  } catch (error) {
    noteHandled('state', 'listing the records of dev servers', error);
    return [];
  }
  const found = [];
  for (const name of names) {
    const runId = /^([\w-]+)\.json$/.exec(name)?.[1];
    const record = runId === undefined ? undefined : readRecord(join(folder.servers, name), runId);
    if (record === undefined) continue;
    const holder = await findProcess(record.pid);
    const foreign = record.namespace !== pidNamespace() && bootOf(record) === bootOf(await findProcess(process.pid));
    found.push({ record, foreign, alive: !foreign && holder?.startId === record.startId && !holder.zombie });
  }
  return found.sort((a, b) => b.record.startedAt.localeCompare(a.record.startedAt));
}

/** Lists this user's dev servers that can be reached on this machine, by project, then oldest first. */
export async function listRunningServers(): Promise<ServerRecord[]> {
  return (await listPlaced())
    .map(({ record }) => record)
    .sort((a, b) => a.project.localeCompare(b.project) || a.startedAt.localeCompare(b.startedAt));
}

/**
 * Finds a running dev server for a folder or its parents, nearest first. If a folder has several, the one of `jamdev dev` is
 * returned, or else the newest (tests and `jamdev exec` have their own). A project folder that was renamed while its dev
 * server runs is found by either name.
 */
export async function findRunningServer(from: string): Promise<ServerRecord | undefined> {
  const running = (await listPlaced()).sort((a, b) => b.record.startedAt.localeCompare(a.record.startedAt));
  if (running.length === 0) return undefined;
  for (let folder = identifyFolder(from)?.path ?? from; ; folder = dirname(folder)) {
    const identity = identifyFolder(folder);
    const here = running.filter(
      ({ record, note }) =>
        record.project === folder || note.path === folder || (identity !== undefined && isSameFolder(note, identity)),
    );
    if (here.length > 0) return (await pickMain(here)).record;
    if (dirname(folder) === folder) return undefined;
  }
}

async function pickMain(servers: readonly PlacedServer[]): Promise<PlacedServer> {
  const [newest] = servers as [PlacedServer, ...PlacedServer[]];
  if (servers.length === 1) return newest;
  const holder = await findHolder(devLockOf(newest));
  return servers.find(({ record }) => record.pid === holder?.pid) ?? newest;
}

interface PlacedServer extends FoundState {
  record: ServerRecord;
}

async function listPlaced(): Promise<PlacedServer[]> {
  const all = await Promise.all(
    listStateFolders().map(async ({ folder, note }) => {
      const servers = await listServerRecords(folder);
      return servers.filter(({ alive }) => alive).map(({ record }) => ({ record, folder, note }));
    }),
  );
  return all.flat();
}

/**
 * Returns the boot id in a start id. Only Linux has namespaces, and there a start id is the boot id and the time since boot.
 */
function bootOf(start: { startId: string } | undefined): string | undefined {
  return start?.startId.split(':')[0];
}

function readRecord(path: string, runId: string): ServerRecord | undefined {
  const record = parseJson<Partial<ServerRecord> | null>(readIfPossible(path) ?? '');
  return isRecord(record) && record.runId === runId ? record : undefined;
}

function readIfPossible(path: string): string | undefined {
  try {
    return readOwnFile(path);
  } catch (error) {
    noteHandled('state', 'reading the record of a dev server', error);
    return undefined;
  }
}

/**
 * Whether a value is a valid record. One unexpected file in the folder must not keep a dev server from starting or being
 * found.
 */
function isRecord(value: Partial<ServerRecord> | null | undefined): value is ServerRecord {
  if (value === null || value === undefined) return false;
  const { runId, marker, startId, namespace, project, apiUrl, proxyUrl, startedAt } = value;
  const texts = [runId, marker, startId, namespace, project, apiUrl, proxyUrl, startedAt];
  if (typeof value.containers !== 'boolean') return false;
  return Number.isInteger(value.pid) && texts.every((text) => typeof text === 'string');
}

function isProcessRecord(value: Partial<ProcessRecord> | null | undefined): value is ProcessRecord {
  if (value === null || value === undefined) return false;
  // Exclude pids with a special meaning for kill(), which would signal a whole group or all processes.
  const isPid = Number.isInteger(value.pid) && (value.pid ?? 0) > 1;
  return isPid && typeof value.startId === 'string' && typeof value.startedAt === 'number';
}

function parseJson<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    noteHandled('state', 'reading the record of a dev server', error);
    return undefined;
  }
}
