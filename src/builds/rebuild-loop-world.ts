import type { Clock } from '../os/clock.js';
import type { BackendEvidence } from './backend-evidence.js';
import type { OriginatedChange } from './build-triggers.js';
import type { Builder } from './builder.js';
import type { ChangeOrigins } from './change-origins.js';
import type { OpenFile } from './unfinished-files.js';

/** What a rebuild loop tells. */
export interface RebuildLoopEvents {
  /** Watching does not work as it should. */
  problem: [error: NodeJS.ErrnoException];
  /** Files were shown to be written by builds or by backends alone: they start no more builds. */
  learned: [files: readonly OriginatedChange[]];
  /** Backends have written files, which starts no build. Relative paths. */
  written: [files: readonly string[]];
  /** A file goes on changing while a program has it open for writing; once per file. */
  unfinished: [file: OpenFile];
  /** Something was added to the end of a file soon after each of the last builds, which started the next one. */
  repeated: [file: string];
  /** The known output files have changed. Relative paths. */
  outputs: [files: readonly string[]];
}

/** What a rebuild loop needs. */
export interface RebuildLoopWorld {
  builder: Builder;
  clock: Clock;
  /** Files that say what to run, apart from the code: the config file. Absolute paths. */
  configFiles: readonly string[];
  /** Reads those files again, before a build that their change starts. */
  reloadConfig(): Promise<void>;
  evidence: BackendEvidence;
  /** Shared by all services: a build of one may write what another one watches. */
  origins: ChangeOrigins;
  /** Resolves when no running backend of the service is starting. */
  rolledOut(): Promise<unknown>;
  /** Files that earlier runs have learned to be output of this service's builds. Relative paths. */
  outputs: readonly string[];
}
