import type { ServiceConfig } from '../config/service-config.js';
import type { BuildOutcome } from '../contract/dev-endpoints.js';
import type { Lingering } from '../processes/lingering.js';
import type { Build } from '../runtime/runtime.js';

/** A build that can be run. */
export interface GoodBuild {
  build: Build;
  builtAt: Date;
  /**
   * Identifies everything that the build's backends run. Another build with the same value would change nothing for them.
   */
  fingerprint: string;
}

/** The state of a service's builds. */
export interface BuildProgress {
  config: ServiceConfig;
  /** Number of the newest build that was started. */
  number: number;
  /** The newest build is last. */
  good: GoodBuild[];
  failure: Extract<BuildOutcome, { result: 'failed' }> | undefined;
  running: { controller: AbortController; outcome: Promise<BuildOutcome> } | undefined;
  /** Whether a build command has started to write since the last good build, so that its output may be incomplete. */
  isHalfBuilt: boolean;
  /** How many builds were requested that overwrite the previous build. */
  overwrites: number;
  /** See {@link MadeBuild.lingering}; belongs to the last completed build. */
  lingering: Promise<Lingering | undefined>;
}

/** Whether two services have the same build command in the same folder, and therefore the same output. */
export function buildTogether({ config: a }: BuildProgress, { config: b }: BuildProgress): boolean {
  if (a.runtime !== 'process' || b.runtime !== 'process') return false;
  return a.build !== undefined && a.build === b.build && a.cwd === b.cwd;
}

/** Whether builds of a service overwrite the files that its processes start from. */
export function buildsInPlace(service: ServiceConfig): boolean {
  return service.runtime === 'process' && service.build !== undefined;
}
