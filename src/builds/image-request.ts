import type { KnownBuilder } from '../docker-engine/docker-builder.js';
import type { ChildRegister } from '../processes/child-register.js';
import type { PipePool } from '../processes/pipe-pool.js';
import type { CommandOutcome } from './build-command.js';

/** What makes one image different from another. */
export interface ImageOwner {
  /** Absolute path of the project folder. */
  project: string;
  /** The random id of the project's state folder: it tells apart the projects of people who share an engine. */
  stateId?: string | undefined;
  service: string;
  runId: string;
  /** Of the build. */
  number: number;
}

/** An image to build. */
export interface ImageRequest extends ImageOwner {
  /** Absolute path. */
  dockerfile: string;
  /** Absolute path of the folder that is sent to the builder. */
  context: string;
  /** As `linux/amd64`; undefined: the engine's own. */
  platform?: string | undefined;
  buildArgs?: Record<string, string> | undefined;
  target?: string | undefined;
  /**
   * Absolute path of the folder for temporary files, made if it is missing: one that is removed with everything else of
   * a run that was killed. Default: the system's.
   */
  scratch?: string | undefined;
  /** What builds images. Default: the client is asked for it. */
  builder?: KnownBuilder | undefined;
  /** Provides the pipe for its output. Default: a new one. */
  pipes?: PipePool | undefined;
}

/** How an image build ended. */
export interface ImageOutcome extends CommandOutcome {
  /** The tag that the image has if all went well. */
  image: string;
  /** Its id then; else ''. */
  digest: string;
}

/** Builds an image; see `buildImage` in `images`. */
export type BuildImage = (
  request: ImageRequest,
  signal: AbortSignal,
  onLine: (line: string) => void,
  register?: ChildRegister,
) => Promise<ImageOutcome>;
