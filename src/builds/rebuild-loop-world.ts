import type { Clock } from '../os/clock.js';
import type { BackendEvidence } from './backend-evidence.js';
import type { OriginatedChange } from './build-triggers.js';
import type { Builder } from './builder.js';
import type { ChangeOrigins } from './change-origins.js';
import type { OpenFile } from './unfinished-files.js';

/** The events of a rebuild loop. */
export interface RebuildLoopEvents {
  /** Watching does not work as it should. */
  problem: [error: NodeJS.ErrnoException];
  /** Files have been shown to be written only by builds or backends. They start no more builds. */
  learned: [files: readonly OriginatedChange[]];
  /** Backends have written files, which starts no build. Relative paths. */
  written: [files: readonly string[]];
  /** A file keeps changing while a program has it open for writing. Emitted once per file. */
  unfinished: [file: OpenFile];
  /** A file was extended soon after each of the last builds, which started the next one. */
  repeated: [file: string];
  /** The known output files have changed. Relative paths. */
  outputs: [files: readonly string[]];
}

/** The dependencies of a rebuild loop. */
export interface RebuildLoopWorld {
  builder: Builder;
  clock: Clock;
  /** Files that define what to run, apart from the code: the config file. Absolute paths. */
  configFiles: readonly string[];
  /** Reads these files again, before the build that their change starts. */
  reloadConfig(): Promise<void>;
  evidence: BackendEvidence;
  /** Shared by all services, since one service's build may write files that another one watches. */
  origins: ChangeOrigins;
  /** Resolves when no running backend of the service is starting. */
  rolledOut(): Promise<unknown>;
  /** Files that earlier runs have learned to be output of this service's builds. Relative paths. */
  outputs: readonly string[];
}
