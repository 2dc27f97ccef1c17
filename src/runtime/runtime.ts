import type { OutputSource } from '../contract/dev-endpoints.js';
import type { ResourceLimits } from '../contract/requests.js';
import type { StrangeAnswer } from './strange-answer.js';

/** A build whose backends run as child processes, with all information to start them. */
export interface ProcessBuild {
  kind: 'process';
  /** Builds are numbered from 1 per service; a larger number is newer code. */
  number: number;
  /** A command line, run directly if it is a plain list of words, otherwise by the shell. */
  command: string;
  cwd: string;
  /** Variables for every backend of the service; those of the request take precedence. */
  env: Record<string, string>;
  /** Whether to redirect a Node.js backend's `listen(8080)` to its assigned port. */
  remap8080: boolean;
}

/** A build whose backends run as containers. */
export interface ContainerBuild {
  kind: 'container';
  /** Numbered as in {@link ProcessBuild}; 0 for an image that was not built here. */
  number: number;
  /** Tag or id of the image. */
  image: string;
  /** Id of the image: `sha256:` and 64 hexadecimal digits. */
  digest: string;
  env: Record<string, string>;
  /** The Docker network to join; undefined for the default one. */
  network: string | undefined;
  /** Whether Docker's init is the first process; if undefined, it is unless the image has its own. */
  init: boolean | undefined;
  /** Such as `linux/amd64`; undefined for the platform of the image. */
  platform: string | undefined;
}

export type Build = ProcessBuild | ContainerBuild;

/** A request to start a backend. */
export interface SpawnRequest {
  backendId: string;
  service: string;
  key: string;
  build: Build;
  /** The variables of the platform and of the request; the runtime adds `PORT`. */
  env: Record<string, string>;
  limits?: ResourceLimits | undefined;
  mount?: string | boolean | undefined;
  /**
   * The path of the control socket for a backend in a warm pool, which has no session yet: its `backendId` is the id of
   * its slot in the pool, and its key is ''. Undefined for a backend that is started for a session.
   */
  controlSocket?: string | undefined;
  /** Receives the backend's output from the first byte to the last, all before `exited` resolves. */
  onOutput(source: OutputSource, chunk: Buffer): void;
  /** Receives remarks for the user about this start, such as a limit that can't be applied. One sentence. */
  onRemark?(text: string): void;
}

/** The address at which a backend can be reached over HTTP. */
export interface Address {
  host: string;
  port: number;
  /**
   * The path of a Unix socket that leads to the backend; undefined if this machine connects to host and port directly.
   */
  socketPath?: string;
  /**
   * Whether the address still belongs to the backend. If present, call it after each connect: another program that got
   * the address must not get the backend's requests.
   */
  isCurrent?: () => boolean;
}

/** How a backend's first process ended. */
export interface Exit {
  /** The exit code as a shell shows it: 128 + signal number after a signal; null if unknown. */
  code: number | null;
  /** The signal that ended the process, such as `SIGKILL`. */
  signal: string | null;
  /** Whether the runtime is gone and the fate of the process is unknown. */
  lost?: boolean;
  /** Whether the process had ended before its termination was requested, which is therefore not the cause. */
  onItsOwn?: boolean;
  /** The cause in one sentence, such as that it ran out of memory. */
  remark?: string;
}

/**
 * The usage of a backend, and what is available to it. The CPU counters only grow; shares are calculated from
 * differences.
 */
export interface Usage {
  /** Memory in use, in bytes; more than 0. */
  memoryBytes: number;
  /** The highest memory usage known, in bytes; at least the memory in use. */
  peakMemoryBytes: number;
  /** The memory limit, or all memory of the machine, in bytes. */
  memoryLimitBytes: number;
  /** CPU time of the backend and all its descendants, in milliseconds. */
  cpuMs: number;
  /** CPU time that all CPUs together have had available, used or not, since an arbitrary moment, in milliseconds. */
  systemCpuMs: number;
}

/** The details that a usage sample should have. */
export interface UsageWish {
  /** Whether the peak is needed, which takes one read per process. Default: true. */
  peak?: boolean;
}

/** How a backend was started: cold, warm (from a standby without any code of the app), or from a warm pool. */
export type StartKind = 'cold' | 'warm' | 'pool';

/** A started backend. */
export interface RuntimeBackend {
  /** How the backend was started; undefined means cold. */
  readonly startKind?: StartKind | undefined;
  /** The addresses at which the backend may listen; the first one that answers is used. */
  readonly addresses: readonly Address[];
  /** Whether the first process has ended, for any reason. Its descendants may still be running. */
  readonly ended: boolean;
  /** Resolves (never rejects) when nothing of the backend runs anymore, so that another may start under its key. */
  readonly stopped: Promise<unknown>;
  /** Resolves like `stopped`, but also after all output has been passed on. Its container may be removed later. */
  readonly exited: Promise<Exit>;
  /**
   * Asks the backend and everything it started to end (SIGTERM), or forces it (SIGKILL). Safe to call at any time and
   * more than once.
   */
  terminate(hard: boolean): void;
  /**
   * Whether the backend may answer a request now. If false, certainly nothing is listening yet. Much cheaper than a
   * request. If omitted, it may answer at any time.
   */
  mayAnswer?(): boolean;
  /**
   * Resolves (never rejects) with the backend's address when it has reported that it is ready. If undefined, the
   * backend does not report, and is ready when it answers over HTTP.
   */
  readonly reportedReady?: Promise<Address> | undefined;
  /**
   * Explains in one or two sentences why the backend does not become ready, if the reason is visible from outside;
   * otherwise undefined.
   * @param answer the last unexpected answer
   */
  explainNotReady(answer?: StrangeAnswer): Promise<string | undefined>;
  /** Resolves when someone other than jamdev pauses the backend or sends it a signal, if that can be detected. */
  readonly disturbed?: Promise<unknown>;
  /**
   * Whether one of the backend's processes is stopped, for example by SIGSTOP. If omitted, `disturbed` detects this.
   */
  isSuspended?(): Promise<boolean>;
  /** Notes that the backend has answered for the first time, so that its start is over. */
  answered?(): void;
  /**
   * Samples the current usage. Backends that are sampled at the same moment share one scan of the machine.
   * @returns undefined (never rejects) if nothing of the backend runs or its usage can't be determined
   */
  usage(wish?: UsageWish): Promise<Usage | undefined>;
}

/** How many starts are prepared for a service that does not configure it. */
export const DEFAULT_WARM = 1;

/** An order to prepare the next backends of a service ahead of time. */
export interface StandbyOrder {
  /** The name of the service's definition. */
  service: string;
  /** The newest successful build, always as the same object. */
  build: Build;
  /** How many starts to prepare; {@link DEFAULT_WARM} if undefined. */
  warm: number | undefined;
  /** How many full backends that use the SDK's protocol to keep; 0 for none. */
  warmPool: number;
  /**
   * Whether running backends are currently being replaced by the build. If so, new standbys are prepared only at
   * {@link Runtime.renewStandbys}, so that they don't compete with those starts. Default: false.
   */
  awaitsRenewal?: boolean;
  /** Receives remarks for the user about the preparation. One sentence. */
  onRemark(text: string): void;
}

/** The prepared starts of a service. */
export interface Prepared {
  /** How many can be taken now. */
  standing: number;
  /** How many are wanted. */
  wanted: number;
}

/** A way to run backends. The child-process and the container runtime pass the same test suite. */
export interface Runtime {
  /**
   * Starts a backend.
   * @param signal aborts the start and undoes everything that was begun
   * @throws JamdevError if the backend can't be started
   */
  spawn(request: SpawnRequest, signal: AbortSignal): Promise<RuntimeBackend>;
  /**
   * Prepares backends of a build ahead of time, instead of those of the service's earlier builds. Earlier ones that
   * also suit the new build are kept until {@link renewStandbys}.
   */
  standBy?(order: StandbyOrder): void;
  /** Returns how many starts of a service are prepared and wanted. */
  prepared?(service: string): Prepared;
  /** Explains in a sentence why backends of a build can't be in a warm pool; undefined if they can. */
  poolObstacle?(build: Build): string | undefined;
  /**
   * Replaces everything prepared for earlier builds of a service, after the backends of the newest build have started.
   */
  renewStandbys?(service: string): void;
  /** Ends everything prepared ahead of time, and prepares no more. Never rejects. */
  standDown?(): Promise<void>;
  /** Kills everything that is still running. Synchronous, for use right before the process exits. */
  killAll(): void;
  /** Resolves when nothing of the ended backends is left. Never rejects. */
  cleared(): Promise<void>;
  /** Releases ports and other resources. Call this when no backend is running anymore. */
  close(): Promise<void>;
}
