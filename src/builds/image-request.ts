import type { KnownBuilder } from '../docker-engine/docker-builder.js';
import type { ChildRegister } from '../processes/child-register.js';
import type { PipePool } from '../processes/pipe-pool.js';
import type { CommandOutcome } from './build-command.js';

/** The properties that distinguish one image from another. */
export interface ImageOwner {
  /** Absolute path of the project folder. */
  project: string;
  /** The random id of the project's state folder. It distinguishes the projects of people who share an engine. */
  stateId?: string | undefined;
  service: string;
  runId: string;
  /** The build's number. */
  number: number;
}

/** An image to build. */
export interface ImageRequest extends ImageOwner {
  /** Absolute path. */
  dockerfile: string;
  /** Absolute path of the folder to send to the builder. */
  context: string;
  /** Such as `linux/amd64`; undefined: the engine's own. */
  platform?: string | undefined;
  buildArgs?: Record<string, string> | undefined;
  target?: string | undefined;
  /**
   * Absolute path of the folder for temporary files, created if needed. It should be one that is removed with everything
   * else of a killed run. Default: the system's temporary folder.
   */
  scratch?: string | undefined;
  /** The builder of images. Default: the client is queried. */
  builder?: KnownBuilder | undefined;
  /** Provides the pipe for the output. Default: a new one. */
  pipes?: PipePool | undefined;
}

/** How an image build ended. */
export interface ImageOutcome extends CommandOutcome {
  /** The image's tag, if the build succeeded. */
  image: string;
  /** The image's id, if the build succeeded; otherwise ''. */
  digest: string;
}

/** Builds an image; see `buildImage` in `images`. */
export type BuildImage = (
  request: ImageRequest,
  signal: AbortSignal,
  onLine: (line: string) => void,
  register?: ChildRegister,
) => Promise<ImageOutcome>;
