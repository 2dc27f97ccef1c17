import { describeBuild } from '../builds/make-build.js';
import { systemClock } from '../os/clock.js';
import type { EventBus } from './events.js';
import { startHousekeeping } from './housekeeping.js';
import { loadWhatMayBeNeeded } from './load-late.js';
import type { OpenPorts } from './open.js';
import type { DevServerParts } from './prepare.js';
import type { ResolvedRun } from './resolve.js';
import { StateGuard } from './state-guard.js';

/** How long after the start the work begins that nobody waits for: earlier, it would hold up the first requests. */
const AFTER_START_MS = 250;

/**
 * Phase 4: begins to work: watches, makes the first builds, answers requests.
 * @returns watches over the state folder, until it is closed
 */
export function runParts(run: ResolvedRun, parts: DevServerParts, ports: OpenPorts, bus: EventBus): StateGuard {
  const { folder, runId, register } = run;
  const { builder, hotRebuild, logs, platform, loaded, writes, written, pipes } = parts;
  const guard = new StateGuard({ folder, register, logs, tell: (text) => bus.publish({ type: 'notice', text }) });
  const keepHouse = startHousekeeping({ folder, runId, platform, logs, loaded, writes });
  // What a user has ignored since is not written again.
  written.clear();
  // The caller of startDevServer() can subscribe before anything happens.
  const subscribed = new Promise<void>((resolve) => setImmediate(resolve));
  // Watching begins before a build that writes files, to tell its output from a person's changes.
  const watching = subscribed.then(() => hotRebuild.start());
  const hasBuild = run.config.services.some((service) => describeBuild(service) !== undefined);
  void builder.buildAll('start', hasBuild ? watching : subscribed);
  ports.serve();
  const cancel = systemClock.after(AFTER_START_MS, () => {
    void pipes.fill();
    parts.beginStandbys();
    loadWhatMayBeNeeded();
    keepHouse();
  });
  bus.subscribe(({ type }) => {
    if (type === 'closing') cancel();
  });
  return guard;
}
