import type { ServiceConfig } from '../config/service-config.js';
import type { BuildOutcome } from '../contract/dev-endpoints.js';
import type { Lingering } from '../processes/lingering.js';
import type { Build } from '../runtime/runtime.js';

/** A build that can be run. */
export interface GoodBuild {
  build: Build;
  builtAt: Date;
  /** Identifies everything that its backends run: a build with the same value would change nothing for them. */
  fingerprint: string;
}

/** Where a service stands with its builds. */
export interface BuildProgress {
  config: ServiceConfig;
  /** Of the newest build begun. */
  number: number;
  /** The newest last. */
  good: GoodBuild[];
  failure: Extract<BuildOutcome, { result: 'failed' }> | undefined;
  running: { controller: AbortController; outcome: Promise<BuildOutcome> } | undefined;
  /** Whether a build command has begun to write since the last good build: what it left may be half a build. */
  isHalfBuilt: boolean;
  /** How many builds were asked for that write over the last one. */
  overwrites: number;
  /** See {@link MadeBuild.lingering}, of the last completed build. */
  lingering: Promise<Lingering | undefined>;
}

/** Whether two services have the same build command in the same folder, and so one output. */
export function buildTogether({ config: a }: BuildProgress, { config: b }: BuildProgress): boolean {
  if (a.runtime !== 'process' || b.runtime !== 'process') return false;
  return a.build !== undefined && a.build === b.build && a.cwd === b.cwd;
}

/** Whether builds of a service write over the files that its processes start on. */
export function buildsInPlace(service: ServiceConfig): boolean {
  return service.runtime === 'process' && service.build !== undefined;
}
