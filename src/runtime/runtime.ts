import type { OutputSource } from '../contract/dev-endpoints.js';
import type { ResourceLimits } from '../contract/requests.js';
import type { StrangeAnswer } from './strange-answer.js';

/** A build whose backends run as child processes: everything the runtime needs to start them. */
export interface ProcessBuild {
  kind: 'process';
  /** Builds are numbered from 1 per service; a larger number is newer code. */
  number: number;
  /** A command line: run directly when it is a plain list of words, else by the shell. */
  command: string;
  cwd: string;
  /** Variables for every backend of the service, below those of the request. */
  env: Record<string, string>;
  /** Turn a Node.js backend's `listen(8080)` into its own port. */
  remap8080: boolean;
}

/** A build whose backends run as containers. */
export interface ContainerBuild {
  kind: 'container';
  /** As of a {@link ProcessBuild}; 0: an image that was not built here. */
  number: number;
  /** Tag or id of the image. */
  image: string;
  /** Id of the image: `sha256:` and 64 hexadecimal digits. */
  digest: string;
  env: Record<string, string>;
  /** The Docker network to join; undefined: the default one. */
  network: string | undefined;
  /** Whether Docker's init is the first process; undefined: unless the image brings one. */
  init: boolean | undefined;
  /** As `linux/amd64`; undefined: whatever the image is for. */
  platform: string | undefined;
}

export type Build = ProcessBuild | ContainerBuild;

/** One backend to start. */
export interface SpawnRequest {
  backendId: string;
  service: string;
  key: string;
  build: Build;
  /** The platform's variables and the request's; `PORT` is the runtime's to add. */
  env: Record<string, string>;
  limits?: ResourceLimits | undefined;
  mount?: string | boolean | undefined;
  /**
   * The path of the control socket of a backend in a warm pool, which belongs to no session yet: its `backendId` is
   * that of its place in the pool, and its key ''. undefined: it is started for a session.
   */
  controlSocket?: string | undefined;
  /** Receives what the backend prints, from its first byte to its last, each before `exited` resolves. */
  onOutput(source: OutputSource, chunk: Buffer): void;
  /** Receives what a person should know of this start, as a limit that can't be applied. One sentence. */
  onRemark?(text: string): void;
}

/** Where a backend can be reached over HTTP. */
export interface Address {
  host: string;
  port: number;
  /** The path of a Unix socket that leads there; undefined: this machine connects to host and port itself. */
  socketPath?: string;
  /**
   * Whether it still belongs to the backend. To be asked after each connect, where it is there: what else may have got the
   * address must not get the backend's requests.
   */
  isCurrent?: () => boolean;
}

/** How a backend's first process ended. */
export interface Exit {
  /** Exit code as a shell shows it: 128 + signal number when a signal ended it. null: unknown. */
  code: number | null;
  /** `SIGKILL` and the like, when a signal ended it. */
  signal: string | null;
  /** Its runtime is gone, and what became of it is not known. */
  lost?: boolean;
  /** It had ended before its termination was asked for, which therefore is not the cause. */
  onItsOwn?: boolean;
  /** What can be said of the cause in a sentence, as that it ran out of memory. */
  remark?: string;
}

/** What a backend uses, and what there is for it. The CPU counters only ever grow: a share is taken of differences. */
export interface Usage {
  /** Memory in use; bytes, more than 0. */
  memoryBytes: number;
  /** The most that is known to have been in use at once; bytes, at least those in use. */
  peakMemoryBytes: number;
  /** Its memory limit, or all memory of the machine; bytes. */
  memoryLimitBytes: number;
  /** CPU time that it and all it started have used; milliseconds. */
  cpuMs: number;
  /** CPU time that all CPUs together had to give, used or not, since some moment; milliseconds. */
  systemCpuMs: number;
}

/** What a look at a backend's usage is for. */
export interface UsageWish {
  /** Whether the peak has to be known, which takes a look at each process of its own. Default: true. */
  peak?: boolean;
}

/** How a backend was started: as usual, from what stood by without any code of the app, or out of a warm pool. */
export type StartKind = 'cold' | 'warm' | 'pool';

/** A backend that was started. */
export interface RuntimeBackend {
  /** How it was started; left out: as usual. */
  readonly startKind?: StartKind | undefined;
  /** Where it may come to listen; the first that answers is where it is reached. */
  readonly addresses: readonly Address[];
  /** Whether its first program has ended, on its own or asked to; what that left behind may still run. */
  readonly ended: boolean;
  /** Resolves, never rejects, when nothing of the backend runs anymore: another may start under its key. */
  readonly stopped: Promise<unknown>;
  /** The same, when also all its output was handed over. What it ran in may be cleared away later. */
  readonly exited: Promise<Exit>;
  /** Asks (SIGTERM) or forces (SIGKILL) it to end, with everything it started. Safe to call at any time and again. */
  terminate(hard: boolean): void;
  /**
   * Whether it may answer a request now; false: certainly nothing listens yet. Takes far less time than a request.
   * Left out: it may at any time.
   */
  mayAnswer?(): boolean;
  /**
   * Resolves when it has reported that it is ready, with where it listens; never rejects. undefined: it does not
   * report, and is ready when it answers over HTTP.
   */
  readonly reportedReady?: Promise<Address> | undefined;
  /**
   * Why it does not become ready, when that can be told from outside; else undefined. One or two sentences.
   * @param answer what came back last in place of an answer in HTTP
   */
  explainNotReady(answer?: StrangeAnswer): Promise<string | undefined>;
  /** Resolves when someone other than jamdev pauses it or sends it a signal, where that can be seen. */
  readonly disturbed?: Promise<unknown>;
  /** Whether a process of it is stopped, as by SIGSTOP. Left out: `disturbed` tells. */
  isSuspended?(): Promise<boolean>;
  /** To be called when it has answered for the first time: its start is over. */
  answered?(): void;
  /**
   * Looks at what it uses right now. Backends that are asked in the same moment share one look at the machine.
   * @returns undefined, never a rejection, when nothing of it runs or it can't be told
   */
  usage(wish?: UsageWish): Promise<Usage | undefined>;
}

/** How many starts are prepared for a service that says nothing of it. */
export const DEFAULT_WARM = 1;

/** What to prepare ahead of time for the next backends of a service. */
export interface StandbyOrder {
  /** Name of its definition. */
  service: string;
  /** The newest good one, always given as the same object. */
  build: Build;
  /** How many starts to prepare; undefined: {@link DEFAULT_WARM}. */
  warm: number | undefined;
  /** How many full backends that speak the SDK's protocol to keep; 0: none. */
  warmPool: number;
  /**
   * Whether backends are being replaced by the build right now: what does not suit it is prepared only at
   * {@link Runtime.renewStandbys}, so as not to compete with their starts. Default: not.
   */
  awaitsRenewal?: boolean;
  /** Receives what a person should know of it. One sentence. */
  onRemark(text: string): void;
}

/** What was prepared ahead of time for a service. */
export interface Prepared {
  /** How many can be taken now. */
  standing: number;
  /** How many there are to be. */
  wanted: number;
}

/** A way to run backends. Both the child-process and the container runtime pass the same test suite. */
export interface Runtime {
  /**
   * Starts a backend.
   * @param signal aborts the start; whatever was begun is undone
   * @throws JamdevError when it can't be started
   */
  spawn(request: SpawnRequest, signal: AbortSignal): Promise<RuntimeBackend>;
  /**
   * Prepares backends of a build ahead of time, instead of those of the service's earlier builds. Of these, what suits
   * the new build as well is kept until {@link renewStandbys}.
   */
  standBy?(order: StandbyOrder): void;
  /** How many starts of a service are prepared now, and how many there are to be. */
  prepared?(service: string): Prepared;
  /** Says in a sentence why no backend of a build can be in a warm pool; undefined: it can. */
  poolObstacle?(build: Build): string | undefined;
  /** Replaces what was prepared for earlier builds of a service: the backends of the newest one have been started. */
  renewStandbys?(service: string): void;
  /** Ends what was prepared ahead of time, and prepares no more. Never rejects. */
  standDown?(): Promise<void>;
  /** Ends at once whatever still runs; synchronous, for the moment before the program itself ends. */
  killAll(): void;
  /** Resolves when nothing is left of backends that have ended. Never rejects. */
  cleared(): Promise<void>;
  /** Gives back ports and the like; call it when no backend runs anymore. */
  close(): Promise<void>;
}
