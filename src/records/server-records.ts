import { appendFileSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findProcess } from '../processes/process-table.js';
import { type StateFolder, stateFolderOf } from './state-folder.js';

/** What a dev server leaves on disk for commands to find it, and for the next one to clean up after it. */
export interface ServerRecord {
  runId: string;
  pid: number;
  /** Together with the pid: this very process and no later one. See `ProcessEntry.startId`. */
  startId: string;
  project: string;
  apiUrl: string;
  proxyUrl: string;
  /** ISO 8601. */
  startedAt: string;
}

/** A backend's first process, noted so that it can be found again after a crash of the dev server. */
export interface ProcessRecord {
  backendId: string;
  pid: number;
  startId: string;
  startedAt: number;
}

/** The record of one dev server; it writes its own, and reads those of dead ones. */
export class ServerRecordFile {
  readonly #path: string;
  readonly #processesPath: string;

  constructor(folder: StateFolder, runId: string) {
    this.#path = join(folder.servers, `${runId}.json`);
    this.#processesPath = join(folder.servers, `${runId}.processes`);
  }

  /** Writes in one step, so that a reader never sees half a record. */
  write(record: ServerRecord): void {
    const draft = `${this.#path}.tmp`;
    writeFileSync(draft, `${JSON.stringify(record)}\n`, { mode: 0o600 });
    renameSync(draft, this.#path);
  }

  /** Notes a process; best effort, as a full disk must not stop a backend. */
  noteProcess(record: ProcessRecord): void {
    try {
      appendFileSync(this.#processesPath, `${JSON.stringify(record)}\n`, { mode: 0o600 });
    } catch {
      // Without the note only the clean-up after a kill -9 is less complete.
    }
  }

  processes(): ProcessRecord[] {
    let text: string;
    try {
      text = readFileSync(this.#processesPath, 'utf8');
    } catch {
      return [];
    }
    return text.split('\n').flatMap((line) => parseJson<ProcessRecord>(line) ?? []);
  }

  /** Best effort: a record that stays is of a dead dev server, and the next one in the folder tries again. */
  remove(): void {
    try {
      rmSync(this.#path, { force: true });
      rmSync(this.#processesPath, { force: true });
    } catch {
      // As said.
    }
  }
}

/** All dev servers on record in a project, with whether each still runs; newest first. */
export async function listServerRecords(folder: StateFolder): Promise<{ record: ServerRecord; alive: boolean }[]> {
  let names: string[];
  try {
    names = readdirSync(folder.servers);
  } catch {
    return [];
  }
  const found = [];
  for (const name of names) {
    if (!name.endsWith('.json')) continue;
    const record = readRecord(join(folder.servers, name));
    if (record === undefined) continue;
    const process = await findProcess(record.pid);
    found.push({ record, alive: process?.startId === record.startId && !process.zombie });
  }
  return found.sort((a, b) => b.record.startedAt.localeCompare(a.record.startedAt));
}

/** Looks for a running dev server in a folder and all folders above it. */
export async function findRunningServer(from: string): Promise<ServerRecord | undefined> {
  for (let folder = from; ; folder = dirname(folder)) {
    const running = (await listServerRecords(stateFolderOf(folder))).find((each) => each.alive);
    if (running !== undefined) return running.record;
    if (dirname(folder) === folder) return undefined;
  }
}

function readRecord(path: string): ServerRecord | undefined {
  try {
    const record = parseJson<Partial<ServerRecord> | null>(readFileSync(path, 'utf8'));
    return isRecord(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

/** One odd file in the folder must not keep a dev server from starting or being found. */
function isRecord(value: Partial<ServerRecord> | null | undefined): value is ServerRecord {
  return typeof value?.pid === 'number' && typeof value.startId === 'string' && typeof value.startedAt === 'string';
}

function parseJson<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}
