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
 * What a dev server leaves on disk for commands to find it, and for the next one to clean up after it. It is there before
 * the first process is started.
 */
export interface ServerRecord {
  runId: string;
  /** Random; every process that is started has it in its environment. See `run-marker.ts`. */
  marker: string;
  pid: number;
  /** Together with the pid: this very process and no later one. See `ProcessEntry.startId`. */
  startId: string;
  /** The space that the pid is from. See `pidNamespace`. */
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

/** A backend's first process, noted so that it can be found again after a crash of the dev server. */
export interface ProcessRecord {
  backendId: string;
  pid: number;
  startId: string;
  startedAt: number;
}

/** A dev server on record. */
export interface ListedServer {
  record: ServerRecord;
  /** It runs, as far as can be known from here. */
  alive: boolean;
  /** It was started in another container, or outside of this one, since the machine was booted: it may run. */
  foreign: boolean;
}

/** The record of one dev server; it writes its own, and reads those of dead ones. */
export class ServerRecordFile {
  readonly path: string;
  readonly #processesPath: string;

  constructor(folder: StateFolder, runId: string) {
    this.path = join(folder.servers, `${runId}.json`);
    this.#processesPath = join(folder.servers, `${runId}.processes`);
  }

  /** Writes in one step, so that a reader never sees half a record. */
  write(record: ServerRecord): void {
    writeOwnFile(this.path, `${JSON.stringify(record)}\n`);
  }

  /** Notes a process; best effort, as a full disk must not stop a backend. */
  noteProcess(record: ProcessRecord): void {
    this.#append(record);
  }

  #append(record: object): void {
    try {
      appendOwnFile(this.#processesPath, `${JSON.stringify(record)}\n`);
    } catch (error) {
      noteHandled('state', 'recording a process', error);
      // Its environment names the run as well.
    }
  }

  /** Notes which backend a place in a warm pool became: the environment and labels of what runs there can't change. */
  noteAssignment(slot: string, backendId: string): void {
    this.#append({ slot, backendId });
  }

  processes(): ProcessRecord[] {
    return (readIfPossible(this.#processesPath) ?? '').split('\n').flatMap((line) => {
      const record = parseJson<Partial<ProcessRecord> | null>(line);
      return isProcessRecord(record) ? record : [];
    });
  }

  /** Best effort: a record that stays is of a dead dev server, and the next one in the folder tries again. */
  remove(): void {
    try {
      rmSync(this.path, { force: true });
      rmSync(this.#processesPath, { force: true });
    } catch (error) {
      noteHandled('state', 'removing the record of a dev server', error);
      // As said.
    }
  }
}

/** Returns what identifies the processes of recorded dev servers, even if these have ended. */
export function tracesOf(folder: StateFolder, records: readonly ServerRecord[]): RunTraces {
  return {
    markers: new Set(records.map(({ marker }) => marker)),
    roots: records.flatMap(({ runId }) => new ServerRecordFile(folder, runId).processes()),
  };
}

/** All dev servers on record in a project, with whether each still runs; newest first. */
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

/** The dev servers of this user that can be reached on this machine, by project, then oldest first. */
export async function listRunningServers(): Promise<ServerRecord[]> {
  return (await listPlaced())
    .map(({ record }) => record)
    .sort((a, b) => a.project.localeCompare(b.project) || a.startedAt.localeCompare(b.startedAt));
}

/**
 * Looks for a running dev server of a folder and all folders above it, the nearest first. Of several it is that of
 * `jamdev dev`; where there is none (tests and `jamdev exec` have their own) the newest.
 * A project folder that was renamed while its dev server runs is found by either name.
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

/** On Linux, where there are namespaces, a start is identified by the boot and the time since. */
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

/** One odd file in the folder must not keep a dev server from starting or being found. */
function isRecord(value: Partial<ServerRecord> | null | undefined): value is ServerRecord {
  if (value === null || value === undefined) return false;
  const { runId, marker, startId, namespace, project, apiUrl, proxyUrl, startedAt } = value;
  const texts = [runId, marker, startId, namespace, project, apiUrl, proxyUrl, startedAt];
  if (typeof value.containers !== 'boolean') return false;
  return Number.isInteger(value.pid) && texts.every((text) => typeof text === 'string');
}

function isProcessRecord(value: Partial<ProcessRecord> | null | undefined): value is ProcessRecord {
  if (value === null || value === undefined) return false;
  // Never a number that stands for a whole group or for all.
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
